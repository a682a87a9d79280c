import { JobError } from '../core/errors.ts';
import { contentAfter, type LoadEntry, ownersOf } from '../core/ledger.ts';
import type { OutputContract } from '../core/schema.ts';
import type { Sink } from '../core/strategy.ts';
import { contentOf, RESULT } from '../plan/content-hash.ts';
import type { PlanSession } from '../plan/session.ts';
import type { Computation, EngineContext } from './job.ts';
import type { SinkPlan } from './sinks.ts';
import { withSink } from './with-sink.ts';

/** Rows of a partition and the sum of their hashes. */
export interface Content {
  readonly rows: number;
  readonly hash: bigint;
}

/** One partition as the ledger has it and as it is. */
export interface PartitionCheck {
  readonly value: string;
  /** The loads that decide it, newest first; none: the ledger knows no such partition. */
  readonly loads: readonly LoadEntry[];
  readonly expected: Content;
  readonly found: Content;
}

export interface Verification {
  readonly sink: string;
  readonly kind: string;
  readonly target: string;
  /** All loads of the target, oldest first. */
  readonly loads: readonly LoadEntry[];
  readonly partitions: readonly PartitionCheck[];
}

/** How often a target is read whose ledger grows meanwhile. */
const LOOKS = 3;
const NOTHING: Content = { rows: 0, hash: 0n };

/** What is wrong with a partition; undefined: it holds what its loads put there. */
export function problemOf({ expected, found }: PartitionCheck): string | undefined {
  const missing = expected.rows - found.rows;
  if (missing !== 0) {
    const rows = Math.abs(missing).toLocaleString('en-US');
    return `${rows} ${rows === '1' ? 'row' : 'rows'} ${missing > 0 ? 'missing' : 'too many'}`;
  }
  return expected.hash === found.hash ? undefined : 'other values';
}

/**
 * Counts and hashes all rows of a target, and holds each partition against the loads that decide it.
 * Read by DuckDB, in a session of its own, whatever engine loaded it.
 *
 * @throws JobError `TARGET_SCHEMA` when the target has other columns; `LEDGER_EMPTY` when nothing was
 *   ever loaded there; `TARGET_CONFLICT` when loads keep coming.
 */
export async function verifyTarget(
  plan: SinkPlan,
  computation: Computation,
  job: string,
  context: EngineContext,
  signal: AbortSignal,
): Promise<Verification> {
  return await withSink(plan, computation, job, context, signal, async (opened) => {
    const { sink, session, contract } = opened;
    await sink.check(signal);
    for (let look = 1; look <= LOOKS; look++) {
      const loads = await loadsOf(sink, signal);
      const query = await sink.content?.(signal);
      const found =
        query === undefined
          ? new Map<string, Content>()
          : await contentIn(session, query, contract, signal);
      // A load that commits in between would look like a wrong one.
      if ((await sink.loads(signal)).length !== loads.length) continue;
      return {
        ...{ sink: plan.name, kind: plan.kind, target: sink.target, loads },
        partitions: checksOf(loads, found),
      };
    }
    throw new JobError('TARGET_CONFLICT', `${sink.target} is being loaded again and again`, {
      hint: 'verify it when no load is under way',
    });
  });
}

/** The ledger of a target, oldest load first. @throws JobError `LEDGER_EMPTY` */
export async function listLoads(
  plan: SinkPlan,
  computation: Computation,
  job: string,
  context: EngineContext,
  signal: AbortSignal,
): Promise<Omit<Verification, 'partitions'>> {
  return await withSink(plan, computation, job, context, signal, async ({ sink }) => ({
    ...{ sink: plan.name, kind: plan.kind, target: sink.target },
    loads: await loadsOf(sink, signal),
  }));
}

async function loadsOf(sink: Sink, signal: AbortSignal): Promise<readonly LoadEntry[]> {
  const loads = await sink.loads(signal);
  if (loads.length > 0) return loads;
  throw new JobError('LEDGER_EMPTY', `${sink.target} has no load in its ledger`, {
    hint: 'nothing was loaded there by dray, or its ledger was removed',
  });
}

async function contentIn(
  session: PlanSession,
  query: string,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Content>> {
  await session.bind(RESULT, query, signal);
  const rows = await session.collect(contentOf(contract), signal);
  return new Map(
    rows.map(({ partition, rows: count, hash }) => [
      typeof partition === 'string' ? partition : 'null',
      { rows: Number(count), hash: typeof hash === 'bigint' ? hash : 0n },
    ]),
  );
}

function checksOf(
  entries: readonly LoadEntry[],
  found: ReadonlyMap<string, Content>,
): readonly PartitionCheck[] {
  const owners = ownersOf(entries);
  return [...new Set([...owners.keys(), ...found.keys()])]
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((value) => {
      const loads = owners.get(value) ?? [];
      return {
        value,
        loads,
        expected: expectedOf(value, loads),
        found: found.get(value) ?? NOTHING,
      };
    });
}

/** Appended loads add up: the hash of a partition is a sum over its rows. */
function expectedOf(value: string, loads: readonly LoadEntry[]): Content {
  return loads
    .flatMap((load) => contentAfter(load).filter((each) => each.value === value))
    .reduce(
      (sum, { rows, hash }) => ({ rows: sum.rows + rows, hash: sum.hash + BigInt(hash) }),
      NOTHING,
    );
}
