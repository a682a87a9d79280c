import { printable } from '../../core/printable.ts';
import type { RuleOutcome } from '../../jobs/job.ts';
import { effectOf } from '../terminal/rule-lines.ts';
import { count } from '../wording.ts';
import { type Html, html } from './html.ts';

/** Every rule of a run, of one that has failed too. */
export function rulesSection(rules: readonly RuleOutcome[]): Html | undefined {
  if (rules.length === 0) return undefined;
  return html`<section>
    <h2>Rules</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>rule</th>
            <th>outcome</th>
            <th>a row that breaks it</th>
            <th class="number">checked</th>
            <th class="number">broke it</th>
            <th>detail</th>
          </tr>
        </thead>
        <tbody>
          ${rules.map(ruleRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

const ACTIONS: Readonly<Record<RuleOutcome['action'], string>> = {
  fail: 'fails the run',
  quarantine: 'is quarantined',
  drop: 'is left out',
  warn: 'is loaded, with a warning',
};

const TONES: Readonly<Record<RuleOutcome['verdict'], string>> = {
  ...{ passed: 'good', tolerated: 'careful', broken: 'careful', failed: 'bad' },
};

function ruleRow(outcome: RuleOutcome): Html {
  const { rule, action, checked, rows, verdict, detail = '' } = outcome;
  return html`<tr>
    <td>${printable(rule)}</td>
    <td class="status ${TONES[verdict]}">${effectOf(outcome)}</td>
    <td>${ACTIONS[action]}</td>
    <td class="number">${checked === undefined ? '-' : count(checked)}</td>
    <td class="number">${rows === 0 && verdict !== 'passed' ? '-' : count(rows)}</td>
    <td>${printable(detail)}</td>
  </tr> `;
}
