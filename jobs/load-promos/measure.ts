import type { PlanRow, PlanSession } from '../../plan/session.ts';
import type { RuleOutcome } from '../job.ts';
import { cellsOf } from '../quality/cells.ts';
import { checkFreshness } from '../quality/load-rules.ts';
import type { RowCheck } from '../quality/rules.ts';
import { outcomeOf } from '../quality/verdicts.ts';
import type { Measured } from '../transform.ts';
import { type Extras, RULES, type Weeks } from './checked.ts';
import { countBroken, countRows, KEY, samplesOf } from './plan.ts';

/** How many rows that break a rule are named when it fails the run, or warns. */
const SAMPLES = 3;
const LOADED_AS_NULL = 'their values are loaded as null';

/** Where the source's rows go, and what each rule about rows found. */
export async function measurePromotions(
  session: PlanSession,
  weeks: Weeks,
  extras: Extras,
  now: Date,
  signal: AbortSignal,
): Promise<Measured> {
  const [rows] = await session.collect(countRows(weeks, extras), signal);
  const [broken] = await session.collect(countBroken(weeks, extras), signal);
  const counted = {
    read: figure(rows, 'read'),
    filtered: figure(rows, 'filtered'),
    quarantined: figure(broken, 'quarantined'),
    dropped: figure(broken, 'dropped'),
  };
  const candidates = counted.read - counted.filtered;
  const staying = candidates - counted.quarantined - counted.dropped;
  const rules = RULES.map((rule) =>
    outcomeOf({ rule, action: 'quarantine', checked: candidates, rows: figure(broken, rule) }),
  );
  for (const { rule, action, flag } of extras.reading.rules) {
    const rows = figure(broken, flag);
    const isKept = action === 'quarantine';
    const checked = isKept ? candidates : staying;
    const finding = { rule, action, checked, rows };
    rules.push(outcomeOf(isKept || rows === 0 ? finding : { ...finding, detail: LOADED_AS_NULL }));
  }
  for (const check of extras.rules.rows) {
    const { action, threshold } = check.config;
    const isTaking = action === 'quarantine' || action === 'drop';
    const outcome = outcomeOf({
      ...{ rule: check.name, action, threshold },
      checked: isTaking ? candidates : staying,
      rows: figure(broken, check.flag),
    });
    rules.push(await withSamples(outcome, check, session, weeks, extras, signal));
  }
  for (const check of extras.rules.freshness) {
    rules.push(checkFreshness(check, broken?.[`newest_${check.name}`], staying, now));
  }
  return { ...counted, rules };
}

/** Quarantined rows can be looked at where they are; of others a few keys say where to look. */
async function withSamples(
  outcome: RuleOutcome,
  check: RowCheck,
  session: PlanSession,
  weeks: Weeks,
  extras: Extras,
  signal: AbortSignal,
): Promise<RuleOutcome> {
  const isKept = outcome.verdict === 'broken' && outcome.action === 'quarantine';
  if (outcome.rows === 0 || isKept) return outcome;
  const relation = samplesOf(check, weeks, extras, SAMPLES);
  const found = await session.collect(relation, signal);
  const keys = found.map((row) => cellsOf(row, KEY, relation.node.fields));
  return { ...outcome, detail: `such as ${keys.join('; ')}` };
}

export function figure(row: PlanRow | undefined, name: string): number {
  return Number(row?.[name]);
}
