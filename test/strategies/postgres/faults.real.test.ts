import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../../core/clock.ts';
import { JobError } from '../../../core/errors.ts';
import { openLink } from './link.ts';
import { claimOf, entryOf, never, rowsOfWeek, WEEK_1, WEEK_2, World } from './harness.ts';

interface Broken {
  readonly url?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

describe('the Postgres writer when something goes wrong', () => {
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
  const onRows = () => undefined;

  it.each([
    ['a wrong password', { properties: { password: 'wr0ng-canary' } }, 'TARGET_DENIED', '28P01'],
    ['an unknown user', { properties: { user: 'nobody_here' } }, 'TARGET_DENIED', '28'],
    ['a missing database', { url: 'jdbc:postgresql://SERVER/missing' }, 'TARGET_DENIED', '3D000'],
    [
      'a closed port',
      { url: 'jdbc:postgresql://127.0.0.1:1/x' },
      'TARGET_UNAVAILABLE',
      'ECONNREFUSED',
    ],
    [
      'an unknown host',
      { url: 'jdbc:postgresql://no.such.host.invalid/x' },
      'TARGET_UNAVAILABLE',
      'E',
    ],
  ])('tells %s', async (_, options: Broken, code, text) => {
    const server = `127.0.0.1:${world.server.port}`;
    await using sink = await world.openSink({
      ...(options.url && { jdbcUrl: options.url.replace('SERVER', server) }),
      ...(options.properties && { properties: options.properties }),
    });
    const error: unknown = await sink.check(never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
    const shown = error instanceof JobError ? `${error.message} ${error.hint ?? ''}` : '';
    expect(shown).not.toContain('canary');
    expect(shown).toContain('postgresql://');
  });

  it('commits nothing when the staged rows are gone', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    const reach = async (at: string) => {
      if (at !== 'postgres:commit:before') return;
      const [name] = await world.tables();
      await world.admin.query(`truncate ${String(name)}`);
    };
    await expect(
      world.load(rowsOfWeek(1, 6, 'new'), { window: WEEK_1, reach }),
    ).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
    expect(await world.content()).toEqual(['1 old 5']);
  });

  it('tries the hosts of the URL in turn', async () => {
    const jdbcUrl = `jdbc:postgresql://127.0.0.1:1,127.0.0.1:${world.server.port}/${world.server.database}`;
    await using sink = await world.openSink({ jdbcUrl });
    await sink.check(never);
    expect(sink.target).toContain(`127.0.0.1:${world.server.port}/`);
  });

  it('tells what it may not do before anything is read', async () => {
    await world.admin.query(`create role poor_${world.schema} login password 'poor-canary'`);
    const properties = { user: `poor_${world.schema}`, password: 'poor-canary' };
    await using sink = await world.openSink({ properties });
    await expect(sink.check(never)).rejects.toMatchObject({
      code: 'TARGET_DENIED',
      hint: expect.stringContaining(`poor_${world.schema}`),
    });
  });

  it('does not show the password when the copy is refused', async () => {
    const name = `copier_${world.schema}`;
    await world.admin.query(`create role ${name} login password 'copy-canary';
      grant usage, create on schema ${world.schema} to ${name}`);
    const properties = { user: name, password: 'copy-canary' };
    const result = await world.compute(rowsOfWeek(1, 5, 'x'));
    await using sink = await world.openSink({
      properties,
      reach: async (at) => {
        if (at !== 'postgres:copy:before') return;
        await world.admin.query(`alter role ${name} password 'changed'`);
      },
    });
    await using claim = await claimOf(sink);
    const error: unknown = await sink
      .stage({ result, claim, onRows }, never)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TARGET_DENIED' });
    expect(chain(error)).not.toContain('copy-canary');
    await sink.discard(never);
  });

  it('refuses the commit of an attempt that was superseded after it staged', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    const stale = await world.openSink({ runId: 'r', attempt: 1, window: WEEK_1 });
    const claim1 = await claimOf(stale);
    const result = await world.compute(rowsOfWeek(1, 9, 'stale'));
    const staged = await stale.stage({ result, claim: claim1, onRows }, never);
    const newer = await world.openSink({ runId: 'r', attempt: 2, window: WEEK_1 });
    const claim2 = await claimOf(newer);
    await expect(stale.commit(staged, entryOf(claim1), claim1, never)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(await world.content()).toEqual(['1 old 5']);
    expect(await newer.loads(never)).toHaveLength(1);
    // The newer attempt has removed what the older one staged.
    expect(await world.tables()).toEqual(['promotions']);
    for (const open of [claim1, claim2, stale, newer]) await open[Symbol.asyncDispose]();
  });

  it('tells a superseded attempt so, not that its staging table is gone', async () => {
    const newer = await world.openSink({ runId: 'r', attempt: 2 });
    const reach = async (at: string) => {
      if (at === 'postgres:key:before') await (await claimOf(newer))[Symbol.asyncDispose]();
    };
    await expect(
      world.load(rowsOfWeek(1, 5, 'x'), { runId: 'r', attempt: 1, reach }),
    ).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await world.tables()).toEqual([]);
    await newer[Symbol.asyncDispose]();
  });

  it('makes a claimant wait for a commit that is under way, and then see its load', async () => {
    let newerClaim: Promise<unknown> = Promise.resolve();
    const newer = await world.openSink({ runId: 'r', attempt: 2 });
    await world.load(rowsOfWeek(1, 5, 'first'), {
      runId: 'r',
      attempt: 1,
      reach: async (at) => {
        if (at !== 'postgres:ledger:after') return;
        newerClaim = claimOf(newer).then(async (claim) => {
          const loads = await newer.loads(never);
          await claim[Symbol.asyncDispose]();
          return loads.length;
        });
        await delay(200);
      },
    });
    expect(await newerClaim).toBe(1);
    await newer[Symbol.asyncDispose]();
  });

  it('removes the staging tables of dead claims, and not those of a living neighbour', async () => {
    const dead = await world.openSink({ runId: 'r', attempt: 1, window: WEEK_1 });
    const neighbour = await world.openSink({ runId: 'n', window: WEEK_2 });
    const deadClaim = await claimOf(dead);
    const neighbourClaim = await claimOf(neighbour);
    const result = await world.compute(rowsOfWeek(1, 5, 'x'));
    await dead.stage({ result, claim: deadClaim, onRows }, never);
    await neighbour.stage({ result, claim: neighbourClaim, onRows }, never);
    expect(await world.tables()).toHaveLength(2);
    const next = await world.openSink({ runId: 'r', attempt: 2, window: WEEK_1 });
    const nextClaim = await claimOf(next);
    expect(await world.tables()).toEqual([
      expect.stringMatching(new RegExp(`^_dray_stage_.*_${neighbourClaim.number}$`)),
    ]);
    for (const claim of [deadClaim, neighbourClaim, nextClaim]) await claim[Symbol.asyncDispose]();
    for (const sink of [dead, neighbour, next]) await sink[Symbol.asyncDispose]();
    expect(world.warnings).toEqual([]);
  });

  it.each([
    ['a replacement', {}],
    ['a window', { window: WEEK_1 }],
  ])('gives up on %s with LOCK_TIMEOUT while somebody holds the table', async (_, options) => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    await using sink = await world.openSink(options);
    await using claim = await claimOf(sink, 700);
    const result = await world.compute(rowsOfWeek(1, 6, 'new'));
    const staged = await sink.stage({ result, claim, onRows }, never);
    await world.admin.query('begin; lock table promotions in access exclusive mode');
    try {
      await expect(sink.commit(staged, entryOf(claim), claim, never)).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
      });
    } finally {
      await world.admin.query('rollback');
    }
    await sink.commit(staged, entryOf(claim), claim, never);
    expect(await world.content()).toEqual(['1 new 6']);
  });

  it.each([
    'postgres:staging:after',
    'postgres:copy:before',
    'postgres:copy:after',
    'postgres:key:after',
    'postgres:commit:before',
    'postgres:ledger:after',
  ])('leaves the target as it was when it is aborted at %s', async (place) => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    const stop = new AbortController();
    const reach = (at: string) => {
      if (at === place) stop.abort(new JobError('TERMINATED', 'stopped'));
      return Promise.resolve();
    };
    await expect(world.load(rowsOfWeek(1, 6, 'new'), { reach }, stop.signal)).rejects.toMatchObject(
      { code: 'TERMINATED' },
    );
    expect(await world.content()).toEqual(['1 old 5']);
    expect(await world.tables()).toEqual(['promotions']);
  });

  it('stops a running statement of the server within a second', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    await using sink = await world.openSink();
    await world.admin.query('begin; lock table promotions in access exclusive mode');
    const stop = new AbortController();
    const counting = sink.count(stop.signal);
    await delay(200);
    stop.abort(new JobError('TERMINATED', 'stopped'));
    const began = systemClock.monotonicMs();
    await expect(counting).rejects.toMatchObject({ code: 'TERMINATED' });
    expect(systemClock.monotonicMs() - began).toBeLessThan(1_500);
    await world.admin.query('rollback');
    expect([...(await sink.count(never))]).toEqual([['1', 5]]);
  });

  it('stops in the middle of a copy', async () => {
    const stop = new AbortController();
    const query = `${rowsOfWeek(1, 900_000, 'x')} union all ${rowsOfWeek(2, 900_000, 'x')}`;
    const result = await world.compute(query);
    await using sink = await world.openSink();
    await using claim = await claimOf(sink);
    const staging = sink.stage({ result, claim, onRows }, stop.signal);
    await delay(400);
    stop.abort(new JobError('TERMINATED', 'stopped'));
    await expect(staging).rejects.toMatchObject({ code: 'TERMINATED' });
    await sink.discard(never);
    expect(await world.tables()).toEqual([]);
  });

  it('commits nothing when the server ends the session during the commit', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    // A deferred trigger holds the commit up long enough.
    await world.admin.query(`create function slow() returns trigger language plpgsql as
      'begin perform pg_sleep(1); return null; end';
      create constraint trigger t after insert on _dray_loads deferrable initially deferred
      for each row execute function slow()`);
    const reach = async (at: string) => {
      if (at !== 'postgres:ledger:after') return;
      const [pid] = await world.texts(`select pid::text as text from pg_stat_activity
        where application_name like 'dray %' and state = 'idle in transaction'`);
      const end = `select pg_terminate_backend(${String(pid)})::text as text`;
      void delay(300).then(async () => await world.texts(end));
    };
    await expect(world.load(rowsOfWeek(1, 6, 'new'), { reach })).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
    });
    expect(await world.content()).toEqual(['1 old 5']);
    expect(await world.tables()).toEqual(['promotions']);
  });

  it('knows that it has committed when the answer to the commit was lost', async () => {
    await using link = await openLink(world.server.port);
    const reach = (at: string) => {
      if (at === 'postgres:ledger:after') link.loseAnswers(300);
      return Promise.resolve();
    };
    const jdbcUrl = `jdbc:postgresql://127.0.0.1:${link.port}/${world.server.database}`;
    await world.load(rowsOfWeek(1, 6, 'new'), { jdbcUrl, reach });
    expect(await world.content()).toEqual(['1 new 6']);
  });

  it('leaves no session behind', async () => {
    await world.load(rowsOfWeek(1, 5, 'x'));
    await delay(100);
    const left = new pg.Client({ connectionString: world.server.url });
    await left.connect();
    const { rows } = await left.query(
      `select application_name from pg_stat_activity where application_name like 'dray %'`,
    );
    await left.end();
    expect(rows).toEqual([]);
    expect(await world.session.rows('select name from duckdb_secrets()', never)).toEqual([]);
  });
});

function chain(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) texts.push(at.message, at.stack ?? '');
  return texts.join('\n');
}
