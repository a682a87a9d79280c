import { JobError } from '../../core/errors.ts';
import type { RuleOutcome } from '../job.ts';
import type { Action, Threshold } from './rule-config.ts';

/** What was found out about a rule. */
export interface Finding {
  readonly rule: string;
  readonly action: Action;
  /** Rows that the rule looked at. */
  readonly checked: number;
  /** Rows that broke it. */
  readonly rows: number;
  readonly threshold?: Threshold | undefined;
  readonly detail?: string;
}

/** The outcome of a rule that counts rows. */
export function outcomeOf(finding: Finding): RuleOutcome {
  const { rule, action, checked, rows, threshold, detail } = finding;
  const told = detail === undefined ? {} : { detail };
  return {
    rule,
    action,
    checked,
    rows,
    verdict: verdictOf(action, rows, checked, threshold),
    ...told,
  };
}

/** The outcome of a rule about all rows of a load, which holds or does not. */
export function loadOutcome(
  { name, action }: { readonly name: string; readonly action: 'fail' | 'warn' },
  checked: number,
  problem: string | undefined,
): RuleOutcome {
  const told = { rule: name, action, checked, rows: 0 };
  if (problem === undefined) return { ...told, verdict: 'passed' };
  return { ...told, verdict: action === 'fail' ? 'failed' : 'broken', detail: problem };
}

/**
 * A row that breaks a rule with `quarantine` or `drop` is set aside whatever the threshold: beyond it
 * the run fails all the same.
 */
function verdictOf(
  action: Action,
  rows: number,
  checked: number,
  threshold: Threshold | undefined,
): RuleOutcome['verdict'] {
  if (rows === 0) return 'passed';
  const { rows: most = Infinity, ratio = 1 } = threshold ?? {};
  const isTolerated = threshold !== undefined && rows <= most && rows <= ratio * checked;
  switch (action) {
    case 'fail':
      return isTolerated ? 'tolerated' : 'failed';
    case 'warn':
      return isTolerated ? 'tolerated' : 'broken';
    case 'quarantine':
    case 'drop':
      return threshold === undefined || isTolerated ? 'broken' : 'failed';
  }
}

/**
 * @param place - where quarantined rows are, if there are any.
 * @throws JobError `QUALITY_FAILED` that names every rule that fails the run.
 */
export function assertQuality(rules: readonly RuleOutcome[], place: string | undefined): void {
  const failed = rules.filter(({ verdict }) => verdict === 'failed');
  if (failed.length === 0) return;
  const kept = place === undefined ? '' : `, quarantined rows are in ${place}`;
  throw new JobError(
    'QUALITY_FAILED',
    [
      failed.length === 1
        ? 'a quality rule failed:'
        : `${String(failed.length)} quality rules failed:`,
      ...failed.map((rule) => `  - ${describeFailure(rule)}`),
    ].join('\n'),
    {
      hint: `nothing was loaded${kept}: repair the source, or change "quality": {"rules": [...]}`,
    },
  );
}

/** `price_range: 12 of 4,000 rows (0.3%) break it; such as product_id 1, week 24`. */
export function describeFailure({ rule, rows, checked = 0, detail }: RuleOutcome): string {
  if (rows === 0) return `${rule}: ${detail ?? ''}`;
  const share = checked === 0 ? '' : ` (${shareOf(rows, checked)})`;
  const told = `${rule}: ${figure(rows)} of ${figure(checked)} rows${share} break it`;
  return detail === undefined ? told : `${told}; ${detail}`;
}

function shareOf(rows: number, checked: number): string {
  const percent = (rows / checked) * 100;
  return percent < 0.01 ? '< 0.01%' : `${percent.toFixed(2)}%`;
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}
