import type { Claim } from '../../../core/claims.ts';
import { identifier, quote, type SqlSession } from '../../../core/engine.ts';
import { JobError, messageOf } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import { evolvedColumns } from '../../../core/schema.ts';
import type { LoadRequest, Sink, StrategyContext } from '../../../core/strategy.ts';
import { claimTarget } from '../claim-target.ts';
import { stageFolder } from '../claim-file.ts';
import { fileClaimStore } from '../file-claims.ts';
import { commitLoad } from './commit.ts';
import { effect } from './effect.ts';
import { checkColumns, engineType, visibleFiles } from './folder.ts';
import { OWN_FOLDER, stagedName } from './layout.ts';
import { clearLeftovers } from './leftovers.ts';
import { newestManifests, pruneManifests, showNewest, takeNextManifest } from './manifest.ts';
import { type StagedLoad, stageFiles } from './stage.ts';

/** Opens the folder at `path` for one load; nothing is read or written before its methods are called. */
export function openParquetSink(
  session: SqlSession,
  path: string,
  request: LoadRequest,
  context: StrategyContext,
): Sink {
  const storage = context.openStorage(path);
  const store = fileClaimStore(storage, OWN_FOLDER, (signal) => takeNextManifest(storage, signal));
  const { contract } = request;
  const column = contract.partitionBy;
  const place = { session, storage, request, context };
  let held: Claim | undefined;
  let load: StagedLoad | undefined;
  /** A commit has failed in a way that leaves open whether it went through. */
  let isOpen = false;

  async function covered(signal: AbortSignal) {
    const files = await visibleFiles(storage, column, signal);
    return files
      .filter(({ partition }) => request.covers?.includes(partition) ?? true)
      .map(({ key, partition }) => ({ partition, path: storage.enginePath(key) }));
  }

  /** Columns that some of the files have; only those that came with the source can lack. */
  async function columnsIn(
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    if (evolvedColumns(contract).length === 0) {
      return new Set(contract.columns.map(({ name }) => name));
    }
    const schemas = await session.parquet.schemas(paths, signal);
    return new Set(schemas.flatMap((columns) => columns.map(({ name }) => name)));
  }

  /** The load is committed: what cannot be tidied now is left to the next claim. */
  async function tidy(entry: LoadEntry, own: Claim, signal: AbortSignal): Promise<void> {
    try {
      await effect(context.failpoints, 'tidy', async () => {
        await clearLeftovers({ ...place, claims: store, own, isDone: true }, signal);
        await pruneManifests(storage, signal);
      });
    } catch (error) {
      context.warn(`old files of load "${entry.loadId}" are still there: ${messageOf(error)}`);
    }
  }

  return {
    kind: 'parquet',
    target: storage.root,
    check: (signal) => checkColumns(session, storage, contract, signal),
    async describe(signal) {
      const all = await visibleFiles(storage, column, signal);
      return { exists: all.length > 0, files: (await covered(signal)).length };
    },
    claims: (signal) => store.list(signal),
    async claim(options, signal) {
      held = await claimTarget(
        store,
        storage.root,
        request,
        options,
        context.clock,
        async (own) => {
          await showNewest(storage, stagedName(own.number, 'current'), signal);
          await clearLeftovers({ ...place, claims: store, own, isDone: false }, signal);
          await storage.removeAll(stageFolder(OWN_FOLDER, own.number), signal);
          await store.keep(own.number, () => true, signal);
        },
        signal,
      );
      return held;
    },
    async loads(signal) {
      const [newest] = await newestManifests(storage, 1, signal);
      return newest.loads;
    },
    async stage(input, signal) {
      try {
        load = await stageFiles(place, input, signal);
      } catch (error) {
        // Whoever took the claim over has removed what was staged: say that, not its symptom.
        await input.claim.assertHeld(signal);
        throw error;
      }
      return { rows: load.rows };
    },
    async commit(_staged, entry, claim, signal) {
      if (load === undefined) throw new JobError('INTERNAL', 'commit without stage');
      try {
        await commitLoad({ ...place, files: load.files, entry, claim }, signal);
      } catch (error) {
        isOpen = !(error instanceof JobError && error.code === 'LEASE_LOST');
        throw error;
      }
      load = undefined;
      await effect(context.failpoints, 'current', () =>
        showNewest(storage, stagedName(claim.number, 'current'), signal),
      );
      await tidy(entry, claim, signal);
      held = undefined;
      return entry;
    },
    async count(signal) {
      const files = await covered(signal);
      const paths = files.map(({ path }) => path);
      const rows = await session.parquet.rows(paths, signal);
      const counts = new Map<string, number>();
      for (const { partition, path } of files) {
        counts.set(partition, (counts.get(partition) ?? 0) + (rows.get(path) ?? 0));
      }
      return counts;
    },
    async content(signal) {
      const files = await visibleFiles(storage, column, signal);
      if (files.length === 0) return undefined;
      const paths = files.map(({ key }) => storage.enginePath(key));
      const names = await columnsIn(paths, signal);
      const columns = contract.columns.map(({ name, type }) =>
        names.has(name)
          ? identifier(name)
          : `cast(null as ${engineType(type)}) as ${identifier(name)}`,
      );
      const list = paths.map(quote).join(', ');
      return `select ${columns.join(', ')} from read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
    },
    async sample(limit, signal) {
      const paths = (await covered(signal)).map(({ path }) => path);
      const columns = contract.columns.map(({ name }) => name);
      const there = await columnsIn(paths, signal);
      const present = columns.filter((name) => there.has(name));
      const rows = await session.parquet.sample(paths, present, limit, signal);
      return rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? ''])));
    },
    async discard(signal) {
      if (held === undefined) return;
      const own = held;
      load = undefined;
      held = undefined;
      if (isOpen) await store.settle(own.number, signal);
      await clearLeftovers({ ...place, claims: store, own, isDone: true }, signal);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
