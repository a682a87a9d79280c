import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { ROLE } from '../../aws/redshift/cluster.ts';
import { SERIALIZATION } from '../../aws/redshift/session.ts';
import { claimOf, entryOf, never, rowsOfWeek, WEEK_1, WEEK_2 } from '../postgres/harness.ts';
import { RedshiftWorld } from './harness.ts';
import { describeSql } from './sql.ts';

const LOCKED = /^lock table/;
const FULL = { mayRead: true, mayWrite: true };

(withoutMoto === '' ? describe : describe.skip)(
  `commits into Redshift when something goes wrong${withoutMoto}`,
  () => {
    let world: RedshiftWorld;
    beforeAll(async () => {
      world = await RedshiftWorld.open();
    });
    beforeEach(async () => {
      await world.freshSchema();
      world.double.setRoles(new Map([[ROLE, FULL]]));
    });
    afterAll(async () => {
      await world[Symbol.asyncDispose]();
    });
    const onRows = () => undefined;

    async function errorOf(work: Promise<unknown>): Promise<JobError> {
      const error: unknown = await work.catch((thrown: unknown) => thrown);
      if (error instanceof JobError) return error;
      throw new Error(`expected a JobError, got ${String(error)}`);
    }

    /** One old load of week 1, and nothing else. */
    async function expectOld(): Promise<void> {
      expect(await world.content()).toEqual(['1 old 5']);
      await using sink = await world.openSink();
      expect(await sink.loads(never)).toHaveLength(1);
      expect(await world.staged()).toEqual([]);
    }

    it('knows that it has committed when the answer to the commit was lost', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      const reach = (at: string) => {
        if (at === 'redshift:ledger:after') world.double.interfere(/^commit$/, { cut: 'after' });
        return Promise.resolve();
      };
      expect(await world.load(rowsOfWeek(1, 6, 'new'), { reach })).toBe(6);
      expect(await world.content()).toEqual(['1 new 6']);
      await using sink = await world.openSink();
      expect(await sink.loads(never)).toHaveLength(2);
    });

    it('knows that it has not committed when the connection broke before the commit', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      const reach = (at: string) => {
        if (at === 'redshift:ledger:after') world.double.interfere(/^commit$/, { cut: 'before' });
        return Promise.resolve();
      };
      const error = await errorOf(world.load(rowsOfWeek(1, 6, 'new'), { reach }));
      expect(error.code).toBe('TARGET_UNAVAILABLE');
      await expectOld();
    });

    it('asks for a retry when the session with the staged rows was lost', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      const reach = async (at: string) => {
        if (at !== 'redshift:commit:before') return;
        await world.texts(`select pg_terminate_backend(pid)::text as text from pg_stat_activity
          where application_name like 'dray %'`);
      };
      const error = await errorOf(world.load(rowsOfWeek(1, 6, 'new'), { reach }));
      expect(error.retryable).toBe(true);
      await expectOld();
    });

    it.each(['delete from', 'insert into .*_dray_loads', 'commit'])(
      'commits again when Redshift undoes it at "%s" (1023)',
      async (place) => {
        await world.load(rowsOfWeek(1, 5, 'old'));
        const reach = (at: string) => {
          if (at === 'redshift:commit:before') {
            world.double.interfere(new RegExp(`^\\s*${place}`), { error: SERIALIZATION }, 2);
          }
          return Promise.resolve();
        };
        await world.load(rowsOfWeek(1, 6, 'new'), { reach });
        expect(await world.content()).toEqual(['1 new 6']);
        await using sink = await world.openSink();
        expect(await sink.loads(never)).toHaveLength(2);
      },
    );

    it('claims again when Redshift undoes it (1023)', async () => {
      world.double.interfere(/insert into .*_dray_claims/, { error: SERIALIZATION }, 2);
      expect(await world.load(rowsOfWeek(1, 6, 'new'))).toBe(6);
    });

    it('gives up with TARGET_CONFLICT when others write the target all the time', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      await using sink = await world.openSink();
      await using claim = await claimOf(sink, 700);
      const result = await world.compute(rowsOfWeek(1, 6, 'new'));
      const staged = await sink.stage({ result, claim, onRows }, never);
      world.double.interfere(/^delete from .*promotions/, { error: SERIALIZATION }, 4);
      const error = await errorOf(sink.commit(staged, entryOf(claim), claim, never));
      expect(error).toMatchObject({
        code: 'TARGET_CONFLICT',
        message: expect.stringContaining('1023'),
      });
      await sink.discard(never);
      await expectOld();
    });

    it('gives up with LOCK_TIMEOUT while another load commits', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      await using sink = await world.openSink();
      await using claim = await claimOf(sink, 500);
      const result = await world.compute(rowsOfWeek(1, 6, 'new'));
      const staged = await sink.stage({ result, claim, onRows }, never);
      const [lock] = await world.texts(`select relname::text as text from pg_class
        where relname like '_dray_lock%' and relnamespace = '${world.schema}'::regnamespace`);
      await world.admin.query(`begin; lock table ${String(lock)}`);
      const error = await errorOf(sink.commit(staged, entryOf(claim), claim, never));
      await world.admin.query('rollback');
      expect(error).toMatchObject({ code: 'LOCK_TIMEOUT' });
      await sink.commit(staged, entryOf(claim), claim, never);
      expect(await world.content()).toEqual(['1 new 6']);
    });

    it('refuses the commit of an attempt that was superseded after it staged', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      await using stale = await world.openSink({ runId: 'r', attempt: 1, window: WEEK_1 });
      await using claim1 = await claimOf(stale);
      const result = await world.compute(rowsOfWeek(1, 9, 'stale'));
      const staged = await stale.stage({ result, claim: claim1, onRows }, never);
      await using newer = await world.openSink({ runId: 'r', attempt: 2, window: WEEK_1 });
      await using claim2 = await claimOf(newer);
      await expect(stale.commit(staged, entryOf(claim1), claim1, never)).rejects.toMatchObject({
        code: 'LEASE_LOST',
      });
      // The newer attempt has removed what the older one staged.
      await expectOld();
      expect(claim2.number).toBeGreaterThan(claim1.number);
    });

    it('makes a claimant wait for a commit that is under way, and then see its load', async () => {
      let seen: Promise<number> | undefined;
      await using newer = await world.openSink({ runId: 'r', attempt: 2 });
      await world.load(rowsOfWeek(1, 5, 'first'), {
        ...{ runId: 'r', attempt: 1 },
        reach: async (at) => {
          if (at !== 'redshift:ledger:after') return;
          const waiting = new Promise<void>((resolve) => {
            const meanwhile = () => {
              resolve();
              return Promise.resolve();
            };
            world.double.interfere(LOCKED, { meanwhile });
          });
          seen = claimOf(newer).then(async (claim) => {
            const loads = await newer.loads(never);
            await claim[Symbol.asyncDispose]();
            return loads.length;
          });
          await waiting;
        },
      });
      expect(await seen).toBe(1);
    });

    it('removes the files of dead claims, and not those of a living neighbour', async () => {
      await using dead = await world.openSink({ runId: 'r', attempt: 1, window: WEEK_1 });
      await using neighbour = await world.openSink({ runId: 'n', window: WEEK_2 });
      await using deadClaim = await claimOf(dead);
      await using neighbourClaim = await claimOf(neighbour);
      const result = await world.compute(rowsOfWeek(1, 5, 'x'));
      await dead.stage({ result, claim: deadClaim, onRows }, never);
      await neighbour.stage({ result, claim: neighbourClaim, onRows }, never);
      expect(await world.staged()).toHaveLength(4);
      await using next = await world.openSink({ runId: 'r', attempt: 2, window: WEEK_1 });
      await using nextClaim = await claimOf(next);
      expect(nextClaim.number).toBe(3);
      const left = await world.staged();
      expect(left).toHaveLength(2);
      for (const key of left) expect(key).toContain(`/${neighbourClaim.number}/`);
      await neighbour.discard(never);
      expect(world.warnings).toEqual([]);
    });

    it.each([
      'redshift:upload:before',
      'redshift:upload:after',
      'redshift:copy:after',
      'redshift:commit:before',
      'redshift:ledger:after',
    ])('leaves the target as it was when it is aborted at %s', async (place) => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      const stop = new AbortController();
      const reach = (at: string) => {
        if (at === place) stop.abort(new JobError('TERMINATED', 'stopped'));
        return Promise.resolve();
      };
      const error = await errorOf(
        world.load(rowsOfWeek(1, 6, 'new'), { reach }, undefined, stop.signal),
      );
      expect(error.code).toBe('TERMINATED');
      await expectOld();
    });

    describeSql(() => world.double.statements, 20);
  },
);
