import { join } from 'node:path';
import { type EngineName, quote } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import type { Source } from '../core/strategy.ts';
import type { Window } from '../core/window.ts';
import { compareRows, type Difference } from '../plan/parity/rows.ts';
import { type Culprit, traceDifference } from '../plan/parity/trace.ts';
import type { Relation } from '../plan/plan.ts';
import type { PlanRow, PlanSession } from '../plan/session.ts';
import { enginesOf } from '../plan/support.ts';
import type { Field } from '../plan/types.ts';
import type { Computation, EngineContext } from './job.ts';
import { fitSource } from './schema-contract.ts';
import type { Measured, Transform } from './transform.ts';

/** What one engine made of the sample. */
export interface EngineParity {
  readonly engine: EngineName;
  /** Rows of the result. */
  readonly rows: number;
  readonly seconds: number;
  /** Absent where it is the same as the first engine's. */
  readonly difference?: EngineDifference;
}

export type EngineDifference =
  | { readonly kind: 'error'; readonly left: string; readonly right: string }
  /** Rows read, filtered or quarantined, which are counted on their own. */
  | {
      readonly kind: 'figure';
      readonly name: string;
      readonly left: number;
      readonly right: number;
    }
  | Difference;

export interface ParityReport {
  readonly source: string;
  readonly sourceRows: number;
  readonly sampleRows: number;
  /** Fields of the result's rows. */
  readonly fields: readonly Field[];
  /** The first is what the others are compared with. */
  readonly engines: readonly EngineParity[];
  readonly leftOut: readonly { readonly engine: EngineName; readonly reason: string }[];
  /** The smallest part of the plan in which the first differing engine differs, if one alone does. */
  readonly culprit?: Culprit;
}

export interface ParityOptions {
  readonly engines: readonly EngineName[];
  /** About how many rows of the window to take. */
  readonly rows: number;
  readonly window: Window | undefined;
  /** Whether a Spark is named in the environment. */
  readonly hasSpark: boolean;
}

/** Neighbours stay together, so that duplicates of a key meet in the sample as well. */
const BLOCK_ROWS = 1000;
/** View over the sample. */
const SAMPLE = 'parity_sample';
/** What the ages of `freshness` are measured against: the engines must agree, whatever they find. */
const EPOCH = new Date(0);
const STAMP = { createdBy: 'parity', loadedAt: '1970-01-01T00:00:00Z' };

interface Outcome {
  readonly relation: Relation;
  readonly rows: readonly PlanRow[];
  readonly figures: ReadonlyMap<string, number>;
  readonly error?: string;
}

/**
 * Runs a job's plan over a sample of its source on several engines and compares the rows. DuckDB
 * takes the sample, so that all engines compute over the same rows; nothing is written but the
 * sample, in the session's scratch folder, which Spark has to see.
 *
 * @throws JobError `ENGINE_UNSUPPORTED` when fewer than two engines can run the plan here.
 */
export async function compareEngines(
  computation: Computation,
  options: ParityOptions,
  context: EngineContext,
  signal: AbortSignal,
): Promise<ParityReport> {
  const { transform, session } = computation;
  const { able, leftOut } = choose(computation, options);
  await using stack = new AsyncDisposableStack();
  const open = async (engine: EngineName) =>
    stack.use(await context.openEngine(engine, session, signal));
  const sampler = await open('bulk');
  const sample = await takeSample(computation, sampler, options, signal);

  const found: Compared[] = [];
  for (const engine of able) {
    const own = engine === 'bulk' ? sampler : await open(engine);
    const startMs = context.clock.monotonicMs();
    const outcome = await runOn(own, sample, options.window, signal);
    const seconds = (context.clock.monotonicMs() - startMs) / 1000;
    const [first = { outcome }] = found;
    const difference = differenceOf(
      outcome.relation,
      transform.contract.key,
      first.outcome,
      outcome,
    );
    const parity = {
      engine,
      rows: outcome.rows.length,
      seconds,
      ...(difference && { difference }),
    };
    found.push({ session: own, outcome, parity });
  }
  const culprit = await culpritOf(found, signal);
  return {
    ...{ source: sample.source.location, sourceRows: sample.sourceRows, sampleRows: sample.rows },
    fields: transform.plan.node.fields,
    engines: found.map(({ parity }) => parity),
    leftOut,
    ...(culprit === undefined ? {} : { culprit }),
  };
}

interface Compared {
  readonly session: PlanSession;
  readonly outcome: Outcome;
  readonly parity: EngineParity;
}

/** Which of the engines can run the plan here, and why not the others. */
function choose(
  { transform, session }: Computation,
  { engines, hasSpark }: ParityOptions,
): { readonly able: readonly EngineName[]; readonly leftOut: ParityReport['leftOut'] } {
  const against = enginesOf(transform.plan.node);
  const able: EngineName[] = [];
  const leftOut: { engine: EngineName; reason: string }[] = [];
  for (const engine of engines) {
    const needsSpark = engine === 'bigdata' && !hasSpark && session.sparkRemote === undefined;
    const reason = needsSpark ? 'SPARK_REMOTE is not set' : against.get(engine);
    if (reason === undefined) able.push(engine);
    else leftOut.push({ engine, reason });
  }
  if (able.length > 1) return { able, leftOut };
  const reasons = leftOut.map(({ engine, reason }) => `; ${engine}: ${reason}`).join('');
  throw new JobError(
    'ENGINE_UNSUPPORTED',
    `fewer than two of ${engines.join(', ')} can run this plan here${reasons}`,
    { hint: 'name at least two with --engines; start a Spark with: dray spark up' },
  );
}

interface Sample {
  readonly source: Source;
  /** Fitted to the source. */
  readonly transform: Transform;
  readonly sourceRows: number;
  readonly path: string;
  readonly rows: number;
}

/** Blocks of neighbouring rows from all over the source. */
async function takeSample(
  computation: Computation,
  session: PlanSession,
  options: ParityOptions,
  signal: AbortSignal,
): Promise<Sample> {
  const { sql } = session;
  const opened = await computation.openSource(sql, signal);
  const { evolved } = fitSource(opened, computation.transform, []);
  const transform = computation.transform.withEvolved(evolved, opened.columns);
  const source = (await opened.materialize?.(signal)) ?? opened;
  await transform.inputs(session, source, signal);
  const whole = await transform.prepare(session, source, options.window, signal);
  const { read, filtered } = await whole.measure(EPOCH, signal);
  const every = Math.max(1, Math.floor((read - filtered) / options.rows));
  const path = join(sql.scratchDir, 'sample.parquet');
  await sql.run(
    `copy (select * from (${source.relationWithOrigin}) where __row // ${String(BLOCK_ROWS)} % ${String(every)} = 0)
     to ${quote(path)} (format parquet)`,
    signal,
  );
  const rows = (await sql.parquet.rows([path], signal)).get(path) ?? 0;
  return { source, transform, sourceRows: read, path, rows };
}

async function runOn(
  session: PlanSession,
  { source, transform, path }: Sample,
  window: Window | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  await transform.inputs(session, source, signal);
  const sampled = await asSample(source, session, path, signal);
  const prepared = await transform.prepare(session, sampled, window, signal);
  const { relation } = prepared.result(STAMP);
  try {
    const rows = await session.collect(relation, signal);
    return { relation, rows, figures: figuresOf(await prepared.measure(EPOCH, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    // A value without a result is an outcome; whatever else fails ends the comparison.
    if (!(error instanceof JobError) || error.code !== 'VALUE_INVALID') throw error;
    return { relation, rows: [], figures: new Map(), error: error.message };
  }
}

async function culpritOf(
  found: readonly Compared[],
  signal: AbortSignal,
): Promise<Culprit | undefined> {
  const [first] = found;
  const other = found.find(({ parity }) => parity.difference !== undefined);
  if (first === undefined || other === undefined) return undefined;
  return await traceDifference(first.outcome.relation.node, [first.session, other.session], signal);
}

/** The source as if it were the sample. */
async function asSample(
  source: Source,
  { sql }: PlanSession,
  path: string,
  signal: AbortSignal,
): Promise<Source> {
  await sql.parquet.view(SAMPLE, [path], signal);
  const relation = `select * from ${SAMPLE}`;
  return { ...source, relation, relationWithOrigin: relation };
}

function figuresOf({
  read,
  filtered,
  quarantined,
  dropped,
  rules,
}: Measured): ReadonlyMap<string, number> {
  return new Map<string, number>([
    ...Object.entries({ read, filtered, quarantined, dropped }),
    ...rules.map(({ rule, rows }) => [rule, rows] as const),
  ]);
}

function differenceOf(
  { node }: Relation,
  key: readonly string[],
  left: Outcome,
  right: Outcome,
): EngineDifference | undefined {
  if (left.error !== undefined && right.error !== undefined) return undefined;
  if (left.error !== undefined || right.error !== undefined) {
    const show = ({ error, rows }: Outcome) => error ?? `${String(rows.length)} rows`;
    return { kind: 'error', left: show(left), right: show(right) };
  }
  for (const [name, figure] of left.figures) {
    const other = right.figures.get(name) ?? Number.NaN;
    if (figure !== other) return { kind: 'figure', name, left: figure, right: other };
  }
  return compareRows(node, left.rows, right.rows, key);
}
