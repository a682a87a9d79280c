import { dirname } from 'node:path/posix';
import type { SqlSession } from '../core/engine.ts';
import type { PlanSession } from '../plan/session.ts';
import { leaseLostOr } from '../core/claims.ts';
import type { JobContext, JobOutcome, RuleOutcome, SessionOptions } from './job.ts';
import type { LoadEntry, RowCounts } from '../core/ledger.ts';
import { evolvedColumns } from '../core/schema.ts';
import { advances } from '../core/source-range.ts';
import type { Source } from '../core/strategy.ts';
import { assertQuarantineShare } from './accounting.ts';
import { updateCatalogs } from './after-load.ts';
import { assertQuality, describeFailure } from './quality/verdicts.ts';
import type { EngineChoice } from './engine-choice.ts';
import { assertReplayable, correctedSource, digestOf } from './corrections.ts';
import { type DueLoad, dueLoad } from './increment.ts';
import { keepQuarantine, keptEvent, type Quarantined } from './quarantine.ts';
import { previewLoad } from './preview.ts';
import { computeResult } from './result.ts';
import { assertTellsRowErrors } from './row-errors.ts';
import { fitSource } from './schema-contract.ts';
import { checkTargets, claimSinks, type HeldSink, openTargets, type SinkPlan } from './sinks.ts';
import type { Transform } from './transform.ts';
import { accountSinks, sinkOutcome, writeSinks } from './write.ts';

/** What a load job names; the order in which it happens is this file's. */
export interface LoadPlan {
  readonly engine: EngineChoice;
  readonly session: SessionOptions;
  readonly transform: Transform;
  openSource(session: SqlSession, signal: AbortSignal): Promise<Source>;
  readonly sinks: readonly SinkPlan[];
  readonly maxQuarantinedRatio: number;
  /** What a row does that a step of the transform fails for; only the engine `row` can keep it. */
  readonly onRowError: 'fail' | 'quarantine';
  readonly onEmpty: 'keep' | 'replace';
  readonly lockTimeoutMs: number;
  /** Folder that keeps the rows that broke a rule. */
  readonly quarantinePath: string;
}

export const LOAD_STEPS = [
  'check',
  'claim',
  'measure',
  'transform',
  'write',
  'account',
  'catalog',
] as const;

const NO_ROWS: RowCounts = { read: 0, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 };
/** How long a failed run looks for a lost claim before it reports the failure itself. */
const LOOK_MS = 5_000;
const EMPTY_WINDOW =
  'no row is in the window: the targets stay as they were ("on_empty": "replace" empties the window)';

/**
 * Reads, checks, transforms, writes and accounts. All sinks are staged before the first one commits,
 * so that a failure until then leaves every target as it was.
 */
export async function runLoad(
  given: LoadPlan,
  context: JobContext,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const { run } = context;
  assertTellsRowErrors(given);
  await using session = await context.openEngine(given.engine.engine, given.session, signal);
  await using open = new AsyncDisposableStack();

  const { plan, fit, source, digest, sinks } = await context.step('check', async () => {
    const own = await given.openSource(session.sql, signal);
    assertReadable(own, given);
    if (run.corrections !== undefined) assertReplayable(own, run);
    const opened =
      run.corrections === undefined
        ? own
        : await correctedSource(own, run.corrections, session.sql, context, signal);
    const fitted = await openTargets(given, opened, session.sql, context, open, signal);
    const inputs = await fitted.plan.transform.inputs(session, opened, signal);
    const snapshot = { source: opened.snapshot, inputs };
    const ready = await checkTargets(fitted, snapshot, context, signal);
    const digest = run.corrections?.source ?? digestOf(own.snapshot);
    return { ...fitted, source: opened, digest, sinks: ready };
  });
  const { transform } = plan;
  const outcome = {
    engine: plan.engine.engine,
    engineReason: plan.engine.reason,
    source: source.location,
    contract: transform.contract,
    extraColumns: fit.unused,
    schemaChanges: fit.fates,
    counts: NO_ROWS,
    partitions: [],
    rules: [],
    warnings: [],
  };
  if (run.dryRun) {
    const checked = sinks.map((sink) => sinkOutcome(sink, 'checked'));
    if (run.preview !== true) return { ...outcome, sinks: checked };
    const preview = await context.step('measure', () =>
      previewLoad(plan, fit, session, source, sinks, run, signal),
    );
    return { ...outcome, sinks: checked, preview };
  }

  const { startedAt, held, due } = await context.step('claim', async () => {
    const claims = await claimSinks(plan, sinks, context, open, signal);
    return { ...claims, due: await dueLoad(source, claims.held, run, signal) };
  });
  try {
    const still = AbortSignal.any([signal, ...held.map((sink) => sink.claim.lost)]);
    const found = await loadClaimed(plan, session, { ...due, digest }, startedAt, context, still);
    if (found.sinks.some(({ status }) => status !== 'untouched')) {
      await updateCatalogs(due.claimed, context, still);
    }
    const all = [...found.sinks, ...due.ahead.map((sink) => sinkOutcome(sink, 'untouched'))];
    return { ...outcome, source: due.location, ...found, sinks: all };
  } catch (error) {
    throw await lossOr(error, held);
  }
}

/** Before any target is looked at: what of the columns no ledger can excuse. */
function assertReadable(source: Source, { transform }: LoadPlan): void {
  const { policies } = transform;
  const newColumns = policies.newColumns === 'fail' ? 'ignore' : policies.newColumns;
  fitSource(source, { ...transform, policies: { ...policies, newColumns } }, []);
}

type Loaded = Pick<JobOutcome, 'counts' | 'sinks'> & Partial<JobOutcome>;

async function loadClaimed(
  plan: LoadPlan,
  session: PlanSession,
  { source, claimed, digest }: DueLoad & { readonly digest: string },
  startedAt: string,
  context: JobContext,
  signal: AbortSignal,
): Promise<Loaded> {
  const { run } = context;
  const [known] = claimed.flatMap((sink) => sink.reuse ?? []);
  if (known !== undefined && claimed.every((sink) => sink.reuse !== undefined)) {
    const sinks = await context.step('account', () =>
      accountSinks(claimed, known.counts, new Map(), signal),
    );
    return { counts: known.counts, sinks, partitions: partitionsOf(known) };
  }
  if (source === undefined) return { counts: NO_ROWS, sinks: [] };
  fitSource(source, plan.transform, evolvedColumns(plan.transform.contract));

  const { snapshot, prepared, measured, quarantined } = await context.step('measure', async () => {
    const still = (await source.materialize?.(signal)) ?? source;
    const ready = await plan.transform.prepare(session, still, run.window, signal);
    const found = await ready.measure(run.startedAt, signal);
    const kept = await keepQuarantine(
      session,
      ready.quarantine,
      context.openStorage(plan.quarantinePath),
      run,
      found.quarantined,
      context.failpoints,
      signal,
    );
    if (kept.rows > 0 || run.attempt > 1) {
      await context.event('quarantine.kept', keptEvent(kept, found, run.corrections, digest));
    }
    return { snapshot: still, prepared: ready, measured: found, quarantined: kept };
  });
  const { read, filtered, dropped } = measured;
  const found = { read, filtered, dropped, quarantined: quarantined.rows };
  context.judged(measured.rules);
  assertQuarantineShare(found, plan.maxQuarantinedRatio, quarantined.place);
  // With rules about the result, it is computed first, so that all that fail are named at once.
  const { quarantine: place } = quarantineOf([quarantined]);
  if (!plan.transform.rules.some(({ ofResult }) => ofResult)) assertQuality(measured.rules, place);

  const stamp = { createdBy: run.createdBy, loadedAt: startedAt };
  const computed = await context.step('transform', async () => {
    const made = await computeResult(session, prepared, found, stamp, plan, context, signal);
    await snapshot.assertUnchanged(signal);
    return made;
  });
  const { failed, deduplicated } = computed;
  const counts = { ...found, quarantined: found.quarantined + failed.rows, deduplicated };
  if (failed.rows > 0) assertQuarantineShare(counts, plan.maxQuarantinedRatio, failed.place);
  const rules = [...measured.rules, ...computed.rules];
  context.judged(rules);
  assertQuality(rules, place);
  const explained = {
    ...quarantineOf([quarantined, failed]),
    counts,
    rules,
    warnings: warningsOf(rules),
  };
  const increment = claimed.find(({ progress }) => progress !== undefined)?.progress;
  // Where no row is left of a range, or none was in it, the state goes on all the same.
  const isIdle =
    increment === undefined
      ? computed.result.rows === 0 && plan.onEmpty === 'keep'
      : counts.read === 0 && !advances(increment.range);
  if (isIdle) {
    return {
      ...explained,
      sinks: claimed.map((sink) => sinkOutcome(sink, 'untouched')),
      warnings: [...explained.warnings, ...(increment === undefined ? [EMPTY_WINDOW] : [])],
    };
  }

  const written = await context.step('write', () =>
    writeSinks(claimed, { computed, counts, loadedAt: startedAt }, context, signal),
  );
  // Committed is committed: a stop comes too late now.
  const lost = AbortSignal.any(claimed.map((sink) => sink.claim.lost));
  const sinks = await context.step('account', () => accountSinks(claimed, counts, written, lost));
  const [first] = written.values();
  return {
    ...explained,
    sinks,
    partitions: first === undefined ? [] : partitionsOf(first.entry),
  };
}

/** Whatever fails after a claim was lost fails because of it, whichever sink it failed in. */
async function lossOr(error: unknown, held: readonly HeldSink[]): Promise<unknown> {
  for (const { claim } of held) {
    const told = await leaseLostOr(error, claim, AbortSignal.timeout(LOOK_MS));
    if (told !== error) return told;
  }
  return error;
}

/** Where rows were kept: the file, or the run's folder when there are two. */
function quarantineOf(kept: readonly Quarantined[]): Pick<JobOutcome, 'quarantine'> {
  const [first, ...more] = kept.filter(({ rows }) => rows > 0);
  if (first === undefined) return {};
  return { quarantine: more.length === 0 ? first.place : dirname(first.place) };
}

function partitionsOf(entry: LoadEntry): JobOutcome['partitions'] {
  return entry.partitions.map(({ value, rows }) => ({ value, rows }));
}

function warningsOf(rules: readonly RuleOutcome[]): readonly string[] {
  return rules
    .filter((rule) => rule.action === 'warn' && rule.verdict === 'broken')
    .map(describeFailure);
}
