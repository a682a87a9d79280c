import { printable } from '../../core/printable.ts';
import type { RuleOutcome } from '../../jobs/job.ts';
import { tableLines } from '../table.ts';
import { count } from '../wording.ts';
import type { Paint, Tone } from './format.ts';

/** What became of a row that broke a rule, or of the run. */
const EFFECTS: Readonly<Record<RuleOutcome['action'], string>> = {
  fail: 'failed',
  quarantine: 'quarantined',
  drop: 'dropped',
  warn: 'warned',
};

const TONES: Readonly<Record<RuleOutcome['verdict'], Tone>> = {
  ...{ passed: 'good', tolerated: 'careful', broken: 'careful', failed: 'bad' },
};

/** Each rule with the rows it looked at and those that broke it; below it what there is to say. */
export function ruleLines(
  rules: readonly RuleOutcome[],
  paint: Paint,
  width: number,
): readonly string[] {
  if (rules.length === 0) return [];
  const [head = '', ...lines] = tableLines(
    [
      { title: 'rule', shrinkTo: 20 },
      { title: 'action' },
      { title: 'checked', align: 'right' },
      { title: 'broke it', align: 'right' },
      { title: 'outcome' },
    ],
    rules.map((rule) => cellsOf(rule, paint)),
    width,
  );
  return [
    paint('quiet', head),
    ...lines.flatMap((line, index) => {
      const { detail, verdict, action } = rules[index] ?? {};
      // A warning says it below.
      const isTold = detail === undefined || (verdict === 'broken' && action === 'warn');
      return isTold ? [line] : [line, paint('quiet', `  ${printable(detail)}`)];
    }),
  ];
}

function cellsOf(outcome: RuleOutcome, paint: Paint): readonly string[] {
  const { rule, action, checked, rows, verdict } = outcome;
  return [
    printable(rule),
    action,
    checked === undefined ? '-' : count(checked),
    rows === 0 && verdict !== 'passed' ? '-' : count(rows),
    paint(TONES[outcome.verdict], effectOf(outcome)),
  ];
}

/** `✓ passed`, `! 12 quarantined`, `✗ failed`. */
export function effectOf({ action, verdict }: RuleOutcome): string {
  switch (verdict) {
    case 'passed':
      return '✓ passed';
    case 'tolerated':
      return '✓ tolerated';
    case 'broken':
      return `! ${EFFECTS[action]}`;
    case 'failed':
      return '✗ failed the run';
  }
}
