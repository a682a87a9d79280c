import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import { openConnection } from '../../../strategies/postgres/connection.ts';
import { redshift } from '../../../strategies/redshift/dialect.ts';
import { redshiftSettings } from '../../../strategies/redshift/settings.ts';
import { openLedger } from '../../../strategies/writers/redshift/ledger.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { describeClaimStore } from '../../conformance/claims/suite.ts';
import { never } from '../postgres/harness.ts';
import { RedshiftWorld } from './harness.ts';
import { describeSql } from './sql.ts';

const RACERS = 12;

/** The database's isolation: provisioned clusters have the first, serverless ones the second. */
const LEVELS = ['serializable', 'snapshot'] as const;
const describeEach = withoutMoto === '' ? describe.each(LEVELS) : describe.skip.each(LEVELS);

describeEach(`claims in Redshift, isolation %s${withoutMoto}`, (isolation) => {
  let world: RedshiftWorld;
  beforeAll(async () => {
    world = await RedshiftWorld.open(isolation);
    await world.freshSchema();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  function ledgerOf(table: string) {
    const settings = redshiftSettings(world.jdbcUrl, world.properties, 'dray test');
    const [at] = settings.hosts;
    if (at === undefined) throw new Error('no host');
    const { password = '' } = world.properties;
    const party = { user: settings.user, target: table };
    const connection = openConnection(
      settings,
      at,
      password,
      party,
      { clock: systemClock, failpoints: noFailpoints },
      redshift,
    );
    return {
      connection,
      ledger: openLedger(connection, { schema: world.schema, table }, systemClock),
    };
  }

  describeClaimStore('a Redshift schema', async () => {
    const table = `t_${randomUUID().slice(0, 8)}`;
    const { connection, ledger } = ledgerOf(table);
    await ledger.prepare(never);
    const target = `${world.schema}.${table}`;
    return {
      store: ledger.claims,
      async advance(ms) {
        await world.admin.query(
          `update _dray_claims set renewed_at = renewed_at - $2::int * interval '1 ms'
           where target = $1`,
          [target, ms],
        );
      },
      async forget(number) {
        const values = [target, number];
        await world.admin.query(
          'delete from _dray_claims where target = $1 and number = $2',
          values,
        );
      },
      close: async () => {
        await connection[Symbol.asyncDispose]();
      },
    };
  });

  it('are given to exactly one of many racers, who also race for the tables', async () => {
    const racers = Array.from({ length: RACERS }, () => ledgerOf('raced'));
    const outcomes = await Promise.all(
      racers.map(async ({ ledger }, attempt) => {
        await ledger.prepare(never);
        return await ledger.claims.create(
          { number: 1, runId: `r${attempt}`, attempt, startedAt: 'now', released: false },
          never,
        );
      }),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    const kept = await world.texts(
      `select count(*)::text as text from _dray_claims where target like '%raced'`,
    );
    expect(kept).toEqual(['1']);
    for (const { connection } of racers) await connection[Symbol.asyncDispose]();
  });

  it('are renewed at the same time by many, whose rows are in one table', async () => {
    const many = Array.from({ length: RACERS }, (_, n) => ledgerOf(`renewed_${n}`));
    for (const { ledger } of many) {
      await ledger.prepare(never);
      const record = { number: 1, runId: 'r', attempt: 1, startedAt: 'now', released: false };
      expect(await ledger.claims.create(record, never)).toBe(true);
    }
    await expect(
      Promise.all(
        many.map(async ({ ledger }) => {
          await ledger.claims.renew(1, never);
        }),
      ),
    ).resolves.toHaveLength(RACERS);
    for (const { connection } of many) await connection[Symbol.asyncDispose]();
  });

  describeSql(() => world.double.statements, 10);
});
