import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import type { OpenStorage, Storage } from '../../../core/storage.ts';
import { processClock } from '../../conformance/claims/clock.ts';
import {
  claimOf,
  load as loadAt,
  type LoadOptions,
  openSession,
  openSink as openSinkAt,
  signal,
  write,
} from './harness.ts';

/** An empty place for a target. */
export interface CommitTarget {
  readonly location: string;
  readonly openStorage: OpenStorage;
  readonly storage: Storage;
  /** Every name below `_dray`, without claims and manifests. */
  ownFiles(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A failpoint that lets the process stop at a place, and go on later. */
function stopAt(place: string) {
  const stopped = Promise.withResolvers<undefined>();
  const goOn = Promise.withResolvers<undefined>();
  let times = 0;
  return {
    stopped: stopped.promise,
    goOn: () => {
      goOn.resolve(undefined);
    },
    reach: async (name: string) => {
      if (name !== place || times++ > 0) return;
      stopped.resolve(undefined);
      await goOn.promise;
    },
  };
}

class Crash extends Error {}

const PLACES = ['upload', 'publish', 'retire', 'manifest', 'current', 'tidy'].flatMap((effect) =>
  ['before', 'after'].map((side) => `parquet:${effect}:${side}`),
);

/** What holds of commits to a folder of Parquet files, wherever it is. */
export function describeParquetCommits(name: string, open: () => Promise<CommitTarget>): void {
  let session: SqlSession;
  let target: CommitTarget;

  beforeAll(async () => {
    session = await openSession();
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    target = await open();
    await session.useStorage(target.storage, signal);
  });
  afterEach(async () => {
    await target.close();
  });

  function openSink(options: LoadOptions) {
    return openSinkAt(session, target.location, { openStorage: target.openStorage, ...options });
  }

  async function load(options: LoadOptions): Promise<number> {
    const { openStorage } = target;
    return await loadAt(session, target.location, { openStorage, ...options });
  }

  /** `week by rows` of every visible file, and the same of every file of the newest manifest. */
  async function content() {
    const { storage } = target;
    const manifests = await storage.list('_dray/manifests', signal);
    const newest = storage.enginePath(manifests.at(-1)?.key ?? '');
    const folder = await rowsIn(
      `from read_parquet('${storage.enginePath('')}/week=*/*.parquet', hive_partitioning = false)`,
    );
    const files = `select unnest(files).data as data from read_json('${newest}', maximum_object_size = 100000000)`;
    const names = await session.rows(files, signal);
    const list = names.map((row) => `'${storage.enginePath(String(row['data']))}'`).join(', ');
    const manifest = names.length === 0 ? [] : await rowsIn(`from read_parquet([${list}])`);
    return { folder, manifest };
  }

  async function rowsIn(from: string): Promise<readonly string[]> {
    const rows = await session.rows(
      `select week || ' ' || created_by || ' ' || count(*) as line ${from} group by week, created_by order by line`,
      signal,
    );
    return rows.map((row) => String(row['line']));
  }

  /** A load whose process ends at the n-th passage of a place: nothing is discarded or released. */
  async function crash(options: LoadOptions, place: string, passage: number): Promise<boolean> {
    let passages = 0;
    const clock = processClock();
    const reach = (name: string) =>
      name === place && ++passages === passage ? Promise.reject(new Crash()) : Promise.resolve();
    const sink = openSink({ ...options, clock, reach });
    const claim = await claimOf(sink);
    try {
      await write(session, sink, claim, options);
      // What is tidied after a commit does not fail the load.
      return place.startsWith('parquet:tidy');
    } catch (error) {
      if (error instanceof Crash) return true;
      throw error;
    }
  }

  describe(`${name}: a process that ends`, () => {
    const before: LoadOptions = { by: 'a', rows: { 23: 9, 24: 5, 25: 5 } };
    const first: LoadOptions = { by: 'b', rows: { 24: 2, 26: 1 }, weeks: [24, 25, 26] };
    const again: LoadOptions = { ...first, attempt: 2 };

    it.each(PLACES)(
      'at %s leaves a retry with the right content and no leftovers',
      async (place) => {
        await load(before);
        expect(await crash(first, place, 1)).toBe(true);
        await load(again);
        const right = ['23 a 9', '24 b 2', '26 b 1'];
        expect(await content()).toEqual({ folder: right, manifest: right });
        const own = (await target.ownFiles()).filter((name) => name.endsWith('.data'));
        // Besides the last load, the files of the one before: the crashed one, once it was committed.
        const isCommitted = /manifest:after|current|tidy/.test(place);
        const unneeded = isCommitted ? /load-a-1.week=2[45]/ : /load-b-2/;
        expect(own.filter((name) => unneeded.test(name))).toEqual([]);
        expect(own.filter((name) => name.includes('b-3'))).toHaveLength(2);
      },
    );

    it.each(PLACES)('at %s does not make a retried append repeat rows', async (place) => {
      await load(before);
      const append = { ...first, mode: 'append' } as const;
      // Appends retire nothing.
      expect(await crash(append, place, 1)).toBe(!place.includes('retire'));
      await using sink = openSink({ ...append, attempt: 2 });
      await using claim = await claimOf(sink);
      const isLoaded = (await sink.loads(signal)).some((entry) => entry.loadId === 'load-b');
      if (!isLoaded) await write(session, sink, claim, { ...append, attempt: 2 });
      const right = ['23 a 9', '24 a 5', '24 b 2', '25 a 5', '26 b 1'];
      expect(await content()).toEqual({ folder: right, manifest: right });
    });

    it('between two files shows each week old or new, and the manifest all old', async () => {
      await load(before);
      await crash(first, 'parquet:publish:after', 1);
      expect(await content()).toEqual({
        folder: ['23 a 9', '24 b 2', '25 a 5'],
        manifest: ['23 a 9', '24 a 5', '25 a 5'],
      });
    });

    it('is rolled back by the next run of its weeks, before that run loads anything', async () => {
      await load(before);
      await crash(first, 'parquet:manifest:before', 1);
      expect((await content()).folder).toEqual(['23 a 9', '24 b 2', '26 b 1']);
      await using sink = openSink(again);
      await using claim = await claimOf(sink);
      await claim.assertHeld(signal);
      const right = ['23 a 9', '24 a 5', '25 a 5'];
      expect(await content()).toEqual({ folder: right, manifest: right });
    });

    it('is not rolled back by a run of another week', async () => {
      await load(before);
      await crash(first, 'parquet:retire:before', 1);
      await load({ by: 'c', rows: { 23: 1 }, weeks: [23] });
      expect((await content()).folder).toEqual(['23 c 1', '24 b 2', '25 a 5', '26 b 1']);
      await load(again);
      expect((await content()).folder).toEqual(['23 c 1', '24 b 2', '26 b 1']);
    });
  });

  describe(`${name}: a load that fails`, () => {
    it('gives the target back as it was when it is discarded', async () => {
      await load({ by: 'a', rows: { 24: 5, 25: 5 } });
      const options = { by: 'b', rows: { 24: 1, 26: 1 }, weeks: [24, 25, 26] };
      const reach = (name: string) =>
        name === 'parquet:manifest:before' ? Promise.reject(new Crash()) : Promise.resolve();
      await using sink = openSink({ ...options, reach });
      {
        await using claim = await claimOf(sink);
        await expect(write(session, sink, claim, options)).rejects.toThrow(Crash);
        await sink.discard(signal);
      }
      const before = ['24 a 5', '25 a 5'];
      expect(await content()).toEqual({ folder: before, manifest: before });
      expect((await target.ownFiles()).filter((name) => !name.includes('load-a-1'))).toEqual([]);
      // On S3 a file without rows stands where one was taken away.
      const visible = (await target.storage.list('', signal)).filter(({ key }) =>
        key.startsWith('week'),
      );
      expect(visible).toHaveLength(target.storage.revokesAtOnce ? 2 : 3);
    });
  });

  describe(`${name}: a holder that was stopped and replaced`, () => {
    it.each(PLACES.filter((place) => !/current|tidy|manifest:after|retire:after/.test(place)))(
      'at %s cannot change anything when it wakes up',
      async (place) => {
        await load({ by: 'a', rows: { 24: 5, 25: 5 } });
        const stop = stopAt(place);
        const stale: LoadOptions = {
          ...{ by: 'stale', rows: { 24: 1, 26: 1 }, weeks: [24, 25, 26], runId: 'r' },
          ...{ reach: stop.reach, clock: processClock() },
        };
        await using sink = openSink(stale);
        await using claim = await claimOf(sink);
        const staleLoad = write(session, sink, claim, stale);
        await stop.stopped;
        await load({
          ...stale,
          by: 'new',
          rows: { 24: 2, 25: 3 },
          attempt: 2,
          reach: () => Promise.resolve(),
        });
        stop.goOn();
        await expect(staleLoad).rejects.toMatchObject({ code: 'LEASE_LOST' });
        await sink.discard(signal);
        const right = ['24 new 2', '25 new 3'];
        expect(await content()).toEqual({ folder: right, manifest: right });
        await load({ by: 'end', rows: { 24: 1 } });
        expect((await target.ownFiles()).filter((name) => name.includes('stale'))).toEqual([]);
      },
    );
  });

  describe(`${name}: holders of different windows`, () => {
    it.each(PLACES.filter((place) => !place.includes('retire')))(
      'commit at the same time without losing a load (one waits at %s)',
      async (place) => {
        const stop = stopAt(place);
        const slow = { by: 'slow', rows: { 24: 1 }, weeks: [24], reach: stop.reach };
        const slowLoad = load(slow);
        await stop.stopped;
        for (const by of ['x', 'y', 'z']) {
          await load({ by, rows: { 25: 2 }, weeks: [25] });
        }
        stop.goOn();
        await slowLoad;
        const right = ['24 slow 1', '25 z 2'];
        expect(await content()).toEqual({ folder: right, manifest: right });
        await using sink = openSink(slow);
        const loads = await sink.loads(signal);
        expect(loads.map((entry) => entry.loadId).sort()).toEqual([
          'load-slow',
          'load-x',
          'load-y',
          'load-z',
        ]);
      },
    );

    it('does not lose the load of one that slept through many others', async () => {
      const stop = stopAt('parquet:manifest:before');
      const slowLoad = load({
        by: 'slow',
        rows: { 24: 1 },
        weeks: [24],
        reach: stop.reach,
      });
      await stop.stopped;
      for (let n = 0; n < 14; n++) await load({ by: 'x', rows: { 25: 2 }, weeks: [25] });
      stop.goOn();
      await slowLoad;
      const right = ['24 slow 1', '25 x 2'];
      expect(await content()).toEqual({ folder: right, manifest: right });
      await using sink = openSink({ by: 'z', rows: {} });
      expect(await sink.loads(signal)).toHaveLength(15);
    });
  });
}
