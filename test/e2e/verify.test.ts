import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { deltaRs } from '../strategies/delta/harness.ts';
import { expectLoads, openScene, type Scene } from './scene.ts';

/** A scene whose three sinks hold weeks 23 to 25, from two runs. */
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  await expectLoads(scene, [...(await scene.args({}, [])), '--run_id', 'all-weeks']);
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

interface Checked {
  readonly sink: string;
  readonly wrong: readonly (readonly [week: string, problem: string, run: string])[];
}

/** What `dray verify --json` finds wrong. */
async function wrongIn(...args: readonly string[]): Promise<readonly Checked[]> {
  const { code, stdout, stderr } = await scene.world.dray('verify', ...args, '--json');
  expect(stderr).toBe('');
  const found = JSON.parse(stdout) as readonly {
    readonly sink: string;
    readonly partitions: readonly {
      readonly value: string;
      readonly problem: string | null;
      readonly loads: readonly { readonly run_id: string }[];
    }[];
  }[];
  const checked = found.map(({ sink, partitions }) => ({
    sink,
    wrong: partitions.flatMap(({ value, problem, loads }) =>
      problem === null ? [] : [[value, problem, loads[0]?.run_id ?? ''] as const],
    ),
  }));
  expect(code).toBe(checked.some(({ wrong }) => wrong.length > 0) ? 4 : 0);
  return checked;
}

async function rewriteStage(week: number, select: string): Promise<void> {
  const { world, at } = scene;
  const file = join(at.stage, `week=${String(week)}/part-0.parquet`);
  const changed = join(world.folder, 'changed.parquet');
  await world.duckdb(
    `copy (${select.replaceAll('FILE', `read_parquet(${quote(file)}, hive_partitioning = false)`)})
     to ${quote(changed)} (format parquet)`,
  );
  await rename(changed, file);
}

describe('dray verify', () => {
  const RIGHT = ['unity', 'stage', 'redshift'].map((sink) => ({ sink, wrong: [] }));

  it('finds every sink as its ledger says, by run, by place and by config', async () => {
    expect(await wrongIn('all-weeks')).toEqual(RIGHT);
    expect(await wrongIn(scene.at.stage)).toEqual([{ sink: 'stage', wrong: [] }]);
    expect(await wrongIn('--config', scene.at.file)).toEqual(RIGHT);
    const { stdout } = await scene.world.dray('verify', 'unity', '--config', scene.at.file);
    expect(stdout).toMatch(
      /^unity {2}delta {2}\S+unity\n {2}2 loads, 3 of column week, [\d,]+ rows: as the ledger says\n$/,
    );
  });

  it('finds a row deleted, changed and doubled by hand in Postgres', async () => {
    const { world, at } = scene;
    const one = `ctid = (select min(ctid) from ${at.table} where week = `;
    await world.query(`delete from ${at.table} where ${one}23)`);
    await world.query(`update ${at.table} set promo_score = promo_score + 1 where ${one}24)`);
    const [key] = await world.query(
      `select conname from pg_constraint where contype = 'p' and conrelid = '${at.table}'::regclass`,
    );
    await world.query(`alter table ${at.table} drop constraint "${String(key?.['conname'])}"`);
    await world.query(`insert into ${at.table} select * from ${at.table} where ${one}25)`);
    expect(await wrongIn('redshift', '--config', at.file)).toEqual([
      {
        sink: 'redshift',
        wrong: [
          ['23', '1 row missing', 'all-weeks'],
          ['24', 'other values', 'all-weeks'],
          ['25', '1 row too many', 'all-weeks'],
        ],
      },
    ]);
  });

  it('finds a row deleted, changed and doubled by hand in Parquet', async () => {
    const first = 'promo_id = (select min(promo_id) from FILE)';
    await rewriteStage(23, `select * from FILE where not (${first})`);
    await rewriteStage(
      24,
      `select * replace (case when ${first} then not on_display else on_display end as on_display) from FILE`,
    );
    await rewriteStage(25, `select * from FILE union all select * from FILE where ${first}`);
    expect(await wrongIn(scene.at.stage)).toEqual([
      {
        sink: 'stage',
        wrong: [
          ['23', '1 row missing', 'all-weeks'],
          ['24', 'other values', 'all-weeks'],
          ['25', '1 row too many', 'all-weeks'],
        ],
      },
    ]);
  });

  it('finds a row deleted, changed and doubled by another writer in Delta', async () => {
    const { world, at } = scene;
    const keyOf = async (week: number): Promise<string> => {
      const [row] = await world.duckdb(
        `select min(promo_id) as id from delta_scan(${quote(at.unity)}) where week = ${String(week)}`,
      );
      return String(row?.['id']);
    };
    await world.session.useExtension('delta', new AbortController().signal);
    await deltaRs('delete', at.unity, `promo_id = '${await keyOf(23)}'`);
    await deltaRs('update', at.unity, {
      predicate: `promo_id = '${await keyOf(24)}'`,
      updates: { brand: "'somebody''s'" },
    });
    await deltaRs('double', at.unity, ['promo_id', await keyOf(25)]);
    expect(await wrongIn('unity', '--config', at.file)).toEqual([
      {
        sink: 'unity',
        wrong: [
          ['23', '1 row missing', 'all-weeks'],
          ['24', 'other values', 'all-weeks'],
          ['25', '1 row too many', 'all-weeks'],
        ],
      },
    ]);
  });

  it('says for people which load is wrong, and ends with 4', async () => {
    const { code, stdout } = await scene.world.dray('verify', '--config', scene.at.file);
    expect(code).toBe(4);
    expect(stdout).toContain('3 of column week, ');
    expect(stdout).toContain('wrong in 3 of them');
    expect(stdout).toMatch(/WEEK +ROWS LOADED +ROWS THERE +WHAT IS WRONG +LOAD +RUN/);
    expect(stdout).toMatch(/23 +([\d,]+) +[\d,]+ +1 row missing +[0-9a-f]{12} +all-weeks/);
  });

  it('says what to do where nothing is found', async () => {
    const nothing = await scene.world.dray('verify', 'no-such-run');
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain('knows no run and no target "no-such-run"');
    expect((await scene.world.dray('verify')).stderr).toContain('no target is named');
    const odd = await scene.world.dray('verify', 'warehouse', '--config', scene.at.file);
    expect(odd.stderr).toContain('it has: unity, stage, redshift');
  });
});

describe('dray loads list', () => {
  it('lists the ledger of each target, newest first, with what each load decides now', async () => {
    const { code, stdout } = await scene.world.dray('loads', 'list', '--config', scene.at.file);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.startsWith('  20'))).toHaveLength(6);
    expect(stdout).toMatch(/all-weeks +1 +overwrite_window +all rows +[\d,]+ +3 of 3/);
    expect(stdout).toMatch(/overwrite_window +2017-05-29 .* 0 of 1/);
  });

  it('lists only the loads of a run that is named', async () => {
    const { stdout } = await scene.world.dray('loads', 'list', 'all-weeks', '--json');
    const found = JSON.parse(stdout) as readonly { loads: readonly { runId: string }[] }[];
    expect(found.map(({ loads }) => loads.map(({ runId }) => runId))).toEqual(
      Array.from({ length: 3 }, () => ['all-weeks']),
    );
  });
});
