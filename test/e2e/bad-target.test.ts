import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { quote } from '../../core/engine.ts';
import { expectFailure, expectLoads, openScene, type Scene } from './scene.ts';

const LATER = ['--start_date', '2017-06-12', '--end_date', '2017-06-19'];
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

function jdbc(port: number, database: string): string {
  return `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`;
}

describe('a Postgres that does not let the run in', () => {
  it('ends it with exit 1 for a wrong password, and does not show that either', async () => {
    const wrong = 'Wr0ng-and-telling';
    const ended = await expectFailure(
      scene,
      await scene.args(),
      {
        exit: 1,
        code: 'TARGET_DENIED',
        says: [`user "${scene.world.postgres.user}"`, '28P01', 'its password'],
      },
      { PROMOS_DB_PASSWORD: wrong },
    );
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(wrong);
  });

  it('ends it with exit 1 for a database that does not exist', async () => {
    const url = jdbc(scene.world.postgres.port, 'nowhere');
    await expectFailure(scene, await scene.args({ redshift_loader_config: { jdbc_url: url } }), {
      exit: 1,
      code: 'TARGET_DENIED',
      says: ['database "nowhere" does not exist', 'create the database', 'jdbc_url'],
    });
  });

  it('ends it with exit 3 when nobody listens, worth a retry', async () => {
    const url = jdbc(1, 'promotions');
    const args = await scene.args({ redshift_loader_config: { jdbc_url: url } });
    const { stderr } = await expectFailure(scene, args, {
      exit: 3,
      code: 'TARGET_UNAVAILABLE',
      says: ['127.0.0.1:1/promotions', 'ECONNREFUSED', 'is up and can be reached'],
    });
    expect(stderr).toContain('exit code 3, worth a retry');
  });
});

describe('a target that somebody else holds', () => {
  it('ends the run with exit 3 after lock_timeout_s, naming the run that holds it', async () => {
    const { world } = scene;
    const holds = [...(await scene.args({}, LATER)), '--run_id', 'holder'];
    const holder = world.start(holds, { DRAY_TEST_FAIL: 'delta:upload:before=stop' });
    await holder.saw(/failpoint .*: stop/);
    const args = await scene.args({ lock_timeout_s: 1 }, LATER);
    const ended = await world.run(args);
    holder.child.kill('SIGKILL');
    await holder.ended;
    expect(ended.code).toBe(3);
    expect(ended.line).toMatchObject({
      error: {
        code: 'LOCK_TIMEOUT',
        message: expect.stringContaining('held by run "holder" attempt 1'),
        hint: expect.stringContaining('"lock_timeout_s"'),
      },
    });
    // As a retry of its own, which does not wait for its dead first attempt.
    await expectLoads(scene, [...holds, '--attempt', '2']);
  });

  it.each([
    ['against writers', 'exclusive'],
    ['against readers too', 'access exclusive'],
  ])('ends the run with exit 3 when the table is locked %s, nothing loaded', async (_, mode) => {
    const client = new pg.Client({ connectionString: scene.world.postgres.url });
    await client.connect();
    try {
      const args = await scene.args({ lock_timeout_s: 1 });
      const before = await scene.state();
      await client.query('begin');
      await client.query(`lock table ${scene.at.table} in ${mode} mode`);
      const ended = await scene.world.run(args);
      await client.query('rollback');
      expect(ended.stderr).toContain('LOCK_TIMEOUT');
      expect(ended.stderr).toContain('another session holds a lock on the table');
      expect(ended.code).toBe(3);
      expect(await scene.state()).toEqual(before);
    } finally {
      await client.end();
    }
  });

  it('ends an attempt that a newer one has replaced with exit 5', async () => {
    const { world } = scene;
    const run = [...(await scene.args({}, LATER)), '--run_id', 'replaced'];
    const newer = [...run, '--attempt', '2', '--store', join(world.folder, 'newer.db')];
    expect((await world.run(newer)).code).toBe(0);
    await expectFailure(scene, [...run, '--store', join(world.folder, 'older.db')], {
      exit: 5,
      code: 'LEASE_LOST',
      says: ['attempt 1 lost', 'to run "replaced" attempt 2', 'follow the newer attempt'],
    });
  });
});

describe('a target of another shape', () => {
  it('ends the run with exit 4 when the table has other columns', async () => {
    await scene.world.query(`create table public.others (promo_id bigint, remark text)`);
    await expectFailure(
      scene,
      await scene.args({ redshift_loader_config: { table: 'public.others' } }),
      {
        exit: 4,
        code: 'TARGET_SCHEMA',
        says: ['public.others', 'promo_id', 'bigint', 'remark', 'store_id'],
      },
    );
  });

  it('ends the run with exit 4 when the staging folder holds files with other columns', async () => {
    const path = await folderOf('others-stage');
    await expectFailure(scene, await scene.args({ stage_loader_config: { path } }), {
      exit: 4,
      code: 'TARGET_SCHEMA',
      says: [path, 'no column "promo_id"', 'a column "remark"', 'choose another path'],
    });
  });

  it('ends the run with exit 4 when the Delta table has other columns', async () => {
    const path = join(scene.world.folder, 'others-unity');
    const schema = JSON.stringify({
      type: 'struct',
      fields: [
        { name: 'remark', type: 'string', nullable: true, metadata: {} },
        { name: 'week', type: 'integer', nullable: true, metadata: {} },
      ],
    });
    await mkdir(join(path, '_delta_log'), { recursive: true });
    const actions = [
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      {
        metaData: {
          id: 'others',
          format: { provider: 'parquet', options: {} },
          schemaString: schema,
          partitionColumns: ['week'],
          configuration: {},
          createdTime: 0,
        },
      },
    ];
    await writeLog(path, actions);
    await expectFailure(scene, await scene.args({ unity_loader_config: { path } }), {
      exit: 4,
      code: 'TARGET_SCHEMA',
      says: [path, 'promo_id: expected string', 'load into another path'],
    });
  });
});

/** A partitioned folder of Parquet that somebody else wrote. */
async function folderOf(name: string): Promise<string> {
  const path = join(scene.world.folder, name);
  await mkdir(join(path, 'week=24'), { recursive: true });
  await scene.world.duckdb(
    `copy (select 'x' as remark, 24::integer as week) to ${quote(join(path, 'week=24/part-0.parquet'))} (format parquet)`,
  );
  return path;
}

async function writeLog(path: string, actions: readonly object[]): Promise<void> {
  const text = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
  await writeFile(join(path, '_delta_log/00000000000000000000.json'), text);
}
