import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import type { Sink } from '../../../core/strategy.ts';
import { storageOpener } from '../../../state/artifacts/open.ts';
import { type Fault, type FaultyS3, startFaultyS3 } from '../../aws/faulty-s3.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../../aws/s3.ts';
import * as delta from '../delta/harness.ts';
import * as parquet from '../parquet/harness.ts';

const never = new AbortController().signal;

/** Holds back the first request that `which` accepts, as a network would, until it is let go. */
function holdFirst(which: (request: IncomingMessage) => boolean) {
  const arrived = Promise.withResolvers<undefined>();
  const letGo = Promise.withResolvers<undefined>();
  let held = false;
  return {
    arrived: arrived.promise,
    letGo: () => {
      letGo.resolve(undefined);
    },
    fault: (request: IncomingMessage): Fault | undefined => {
      if (held || !which(request)) return undefined;
      held = true;
      arrived.resolve(undefined);
      return { until: letGo.promise };
    },
  };
}

const isPut = ({ method, url = '' }: IncomingMessage, path: RegExp) =>
  method === 'PUT' && path.test(url);

(withoutMoto === '' ? describe : describe.skip)(`a late request to S3${withoutMoto}`, () => {
  let s3: TestS3;
  let session: SqlSession;

  beforeAll(async () => {
    s3 = await startS3();
    session = await delta.openEngine();
    await session.useStorage(s3.openStorage(`s3://${BUCKET}`), never);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
  });

  async function behind(fault: FaultOf): Promise<FaultyS3 & ReturnType<typeof opener>> {
    const proxy = await startFaultyS3(s3.endpoint, fault);
    return Object.assign(proxy, opener(proxy.endpoint));
  }
  type FaultOf = (request: IncomingMessage) => Fault | undefined;
  function opener(endpoint: string) {
    return { openStorage: storageOpener({ endpoint }, systemClock) };
  }

  describe('of a Delta sink', () => {
    const LOG = /_delta_log\/\d{20}\.json/;

    function sink(location: string, options: delta.SinkOptions): Sink {
      return delta.openSink(session, location, { openStorage: s3.openStorage, ...options });
    }

    it.each([
      ['makes no table', 0],
      ['commits nothing to a table', 1],
    ])('%s that another attempt has taken over', async (_, loads) => {
      const location = `s3://${BUCKET}/${randomUUID()}`;
      const { openStorage } = s3;
      if (loads > 0) {
        await delta.load(session, location, delta.rowsOfWeek(24, 7), { openStorage });
      }
      const hold = holdFirst((request) => isPut(request, LOG));
      await using late = await behind(hold.fault);
      const result = await delta.compute(session, delta.rowsOfWeek(24, 3));
      await using first = sink(location, { runId: 'r', openStorage: late.openStorage });
      await using claim = await delta.claimOf(first);
      const staged = await delta.stage(first, result, claim);
      const entry = delta.entryOf(result, claim, { runId: 'r' });
      const commit = first.commit(staged, entry, claim, never);
      await hold.arrived;

      await using second = sink(location, { runId: 'r', attempt: 2 });
      await using taken = await delta.claimOf(second);
      const before = await second.loads(never);
      hold.letGo();
      await expect(commit).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await first.discard(never);
      expect(await second.loads(never)).toEqual(before);
      const more = await delta.compute(session, delta.rowsOfWeek(24, 5));
      const ready = await delta.stage(second, more, taken);
      await second.commit(ready, delta.entryOf(more, taken, { runId: 'r' }), taken, never);
      expect(Object.fromEntries(await second.count(never))).toEqual({ 24: 5 });
      const query = (await second.content?.(never)) ?? '';
      expect(await session.rows(`select count(*)::int as rows from (${query})`, never)).toEqual([
        { rows: 5 },
      ]);
    });

    it('that could not be heard of either way is settled by the discard', async () => {
      const location = `s3://${BUCKET}/${randomUUID()}`;
      const hold = holdFirst((request) => isPut(request, LOG));
      let isFailing = true;
      await using late = await behind((request) => {
        const held = hold.fault(request);
        if (held !== undefined) return held;
        return isFailing && isPut(request, LOG)
          ? { status: 501, code: 'NotImplemented' }
          : undefined;
      });
      const result = await delta.compute(session, delta.rowsOfWeek(24, 3));
      await using first = sink(location, { openStorage: late.openStorage });
      await using claim = await delta.claimOf(first);
      const staged = await delta.stage(first, result, claim);
      const twin = late.openStorage(location);
      // The zombie: what the sink's own request was before its connection went.
      const zombie = twin.create('_delta_log/00000000000000000000.json', '{}', never);
      await hold.arrived;
      await expect(
        first.commit(staged, delta.entryOf(result, claim), claim, never),
      ).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
      isFailing = false;
      await first.discard(never);
      hold.letGo();
      expect(await zombie).toBe(false);
      expect(Object.fromEntries(await first.count(never))).toEqual({});
    });

    it('adds one empty commit for a takeover, and no more for the claims after it', async () => {
      const location = `s3://${BUCKET}/${randomUUID()}`;
      const { openStorage } = s3;
      await using first = sink(location, { runId: 'r' });
      await using claim = await delta.claimOf(first);
      expect(claim.number).toBe(1);
      for (let attempt = 2; attempt <= 4; attempt++) {
        await delta.load(session, location, delta.rowsOfWeek(24, 1), {
          openStorage,
          runId: 'r',
          attempt,
        });
      }
      const log = await openStorage(location).list('_delta_log', never);
      expect(log.map(({ key }) => key)).toHaveLength(4);
    });
  });

  describe('of a Parquet sink', () => {
    it.each([
      ['copy of a file', /week%3D24\/part-0\.parquet/],
      ['copy that takes a file away', /week%3D25\/part-0\.parquet/],
      ['manifest', /_dray\/manifests\/\d{8}\.json/],
    ])('(a %s) changes nothing after a takeover', async (_, path) => {
      const location = `s3://${BUCKET}/${randomUUID()}`;
      const { openStorage } = s3;
      const old = { by: 'a', rows: { 24: 5, 25: 5 }, openStorage };
      await parquet.load(session, location, old);
      const hold = holdFirst((request) => isPut(request, path));
      await using late = await behind(hold.fault);
      const stale = { by: 'stale', rows: { 24: 1 }, weeks: [24, 25], runId: 'r' };
      await using first = parquet.openSink(session, location, {
        ...stale,
        openStorage: late.openStorage,
      });
      await using claim = await parquet.claimOf(first);
      const load = parquet.write(session, first, claim, stale);
      await hold.arrived;
      const next = { ...old, weeks: [24, 25], by: 'new', runId: 'r', attempt: 2 };
      await using second = parquet.openSink(session, location, next);
      await using taken = await parquet.claimOf(second);
      hold.letGo();
      await expect(load).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await first.discard(never);
      const writers = async () => {
        const query = (await second.content?.(never)) ?? '';
        return await session.rows(
          `select week, created_by as by, count(*)::int as rows from (${query}) group by all order by all`,
          never,
        );
      };
      expect(await writers()).toEqual([
        { week: 24, by: 'a', rows: 5 },
        { week: 25, by: 'a', rows: 5 },
      ]);
      expect(await second.loads(never)).toHaveLength(1);
      await parquet.write(session, second, taken, next);
      expect(await writers()).toEqual([
        { week: 24, by: 'new', rows: 5 },
        { week: 25, by: 'new', rows: 5 },
      ]);
    });
  });
});
