import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { toJobError } from '../../../core/errors.ts';
import { rowsOfWeek, WEEK_1, World } from './harness.ts';

describe('the Postgres writer among other sessions', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  beforeEach(async () => {
    await world.freshSchema();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('commits once more after a deadlock that the server has ended at its cost', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    await using other = await session(world);
    await other.query(`set deadlock_timeout = '1h'`);
    await other.query(`begin; update promotions set note = 'other' where id = '1-4'`);
    let tries = 0;
    const reach = (at: string) => {
      // The delete of the window has the first rows by then, and waits for the last one.
      if (at !== 'sql:delete:before' || ++tries > 1) return Promise.resolve();
      void delay(300).then(async () => {
        await other.query(`update promotions set note = 'other' where id = '1-0'`);
        await other.query('commit');
      });
      return Promise.resolve();
    };
    await world.load(rowsOfWeek(1, 6, 'new'), { window: WEEK_1, reach, lockTimeoutMs: 20_000 });
    // At least: the other session may still hold its row when the next try comes.
    expect(tries).toBeGreaterThanOrEqual(2);
    expect(await world.content()).toEqual(['1 new 6']);
    expect(await world.texts('select count(*)::text as text from _dray_loads')).toEqual(['2']);
  });

  it('commits once more after a serialization failure', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    // A server of several nodes ends a transaction like this, whatever its isolation.
    await world.admin.query(`create sequence tries; create function fail_once() returns trigger
      language plpgsql as $$ begin
        if nextval('${world.schema}.tries') = 1 then
          raise 'could not serialize access' using errcode = '40001';
        end if;
        return null;
      end $$;
      create trigger t after insert on _dray_loads for each row execute function fail_once()`);
    await world.load(rowsOfWeek(1, 6, 'new'), { window: WEEK_1, lockTimeoutMs: 20_000 });
    expect(await world.texts('select last_value::text as text from tries')).toEqual(['2']);
    expect(await world.content()).toEqual(['1 new 6']);
    expect(await world.texts('select count(*)::text as text from _dray_loads')).toEqual(['2']);
  });

  it('gives up with TARGET_CONFLICT when it fails for as long as a lock may take', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    await world.admin.query(`create function fail() returns trigger language plpgsql as
      $$ begin raise 'could not serialize access' using errcode = '40001'; end $$;
      create trigger t after insert on _dray_loads for each row execute function fail()`);
    const load = world.load(rowsOfWeek(1, 6, 'new'), { window: WEEK_1, lockTimeoutMs: 1_200 });
    await expect(load).rejects.toMatchObject({
      code: 'TARGET_CONFLICT',
      message: expect.stringContaining('40001'),
    });
    expect(await world.content()).toEqual(['1 old 5']);
    expect(await world.tables()).toEqual(['promotions']);
  });

  it.each(['postgres:copy:before', 'postgres:commit:before', 'postgres:ledger:after'])(
    'loads once when the server restarts at %s and the load is tried again',
    async (place) => {
      await world.load(rowsOfWeek(1, 5, 'old'), { window: WEEK_1 });
      const reach = async (at: string) => {
        if (at === place) await world.restart();
      };
      const load = world.load(rowsOfWeek(1, 6, 'new'), { window: WEEK_1, reach, runId: 'r' });
      // The copy has a connection of its own and goes well; a restart empties unlogged tables.
      const failure = await load.then(
        () => undefined,
        (error: unknown) => toJobError(error),
      );
      if (failure !== undefined) {
        expect(failure).toMatchObject({ retryable: true });
        expect(await world.content()).toEqual(['1 old 5']);
        await world.load(rowsOfWeek(1, 6, 'new'), { window: WEEK_1, runId: 'r', attempt: 2 });
      }
      expect(await world.content()).toEqual(['1 new 6']);
      expect(await world.texts('select count(*)::text as text from _dray_loads')).toEqual(['2']);
      expect(await world.tables()).toEqual(['promotions']);
    },
  );
});

async function session(world: World): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: world.server.url });
  await client.connect();
  await client.query(`set search_path = ${world.schema}`);
  return Object.assign(client, {
    [Symbol.asyncDispose]: async () => {
      await client.end();
    },
  });
}
