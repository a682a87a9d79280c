import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { runScript } from '../../entry/twin/script.ts';
import { type GlueTwin, startGlueTwin } from '../../platforms/twins/glue.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { buildDist } from './built.ts';
import { openWorld, type Prepared, ROOT, type World } from './world.ts';

const DAGSTER = process.env['DRAY_TEST_DAGSTER'] ?? '';
const MOTO = process.env['DRAY_TEST_MOTO'] ?? '';
const without = DAGSTER === '' || MOTO === '' ? ' (skipped: no Python with Dagster and moto)' : '';

interface Told {
  readonly success: boolean;
  readonly run_id: string;
  readonly materializations: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly checks: Readonly<Record<string, unknown>>;
  readonly logs: readonly (readonly [level: number, text: string])[];
  readonly exceptions: readonly string[];
  readonly custom: readonly Readonly<Record<string, unknown>>[];
}

(without === '' ? describe : describe.skip)(`load_promos started by Dagster${without}`, () => {
  let world: World;
  let s3: TestS3;
  let twin: GlueTwin;
  let source: string;

  beforeAll(async () => {
    await buildDist();
    [world, s3] = await Promise.all([openWorld(), startS3()]);
    source = await world.smallSource();
    twin = await startGlueTwin({
      clock: systemClock,
      execute: (_, argv) =>
        runScript(argv, {
          ...{ root: ROOT, python: MOTO, onOutput: () => undefined },
          env: {
            ...s3.env,
            ...{ GLUE_VERSION: '5.0', DRAY_NODE: process.execPath },
            PROMOS_DB_PASSWORD: world.postgres.password,
            DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
            // The job runs on DuckDB: no Spark has to be started for it.
            SPARK_REMOTE: 'sc://127.0.0.1:1',
          },
        }),
    });
  });
  afterAll(async () => {
    await twin[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  async function asAsset(
    way: 'file' | 'glue',
    extras: object,
    checks: readonly string[],
    command: readonly string[],
  ): Promise<Told> {
    const asset = [['lake', 'unity'], ['warehouse']];
    const words = [extras, asset, checks].map((one) => JSON.stringify(one));
    const { stdout } = await promisify(execFile)(
      DAGSTER,
      [join(ROOT, 'test/python/dagster_judge.py'), way, ...words, ...command],
      {
        cwd: world.folder,
        env: {
          ...{ PATH: process.env['PATH'], HOME: world.folder, ...s3.env },
          ...{ AWS_DEFAULT_REGION: s3.region, AWS_ENDPOINT_URL_GLUE: twin.endpoint },
          ...{ DRAY_TEST_BUCKET: BUCKET, PROMOS_DB_PASSWORD: world.postgres.password },
          DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
        },
      },
    );
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Told;
  }

  async function configOf(at: Prepared): Promise<string> {
    return JSON.stringify(JSON.parse(await readFile(at.file, 'utf8')));
  }

  it('tells it rows and loads of each asset, checks, progress and logs, from a job of Glue', async () => {
    const at = await world.config('dagster', { source, set: { strategy_type: 'bulk' } });
    const extras = { dray_checks: { 'lake/unity': ['week_range'] } };
    const told = await asAsset(
      'glue',
      extras,
      ['week_range'],
      [
        ...['--module_name', 'load_promos', '--load_promos_job', await configOf(at)],
        ...['--run_id', 'promos', '--service_provider', 'GLUE'],
      ],
    );
    expect(told.success).toBe(true);
    const [{ rows } = {}] = await world.query(`select count(*)::int as rows from ${at.table}`);
    const unity = told.materializations['lake/unity'];
    expect(unity).toMatchObject({
      ...{ 'dagster/row_count': rows, 'dray/unity/rows': rows, 'dray/run_id': 'promos' },
      ...{ 'dray/unity/target': at.unity, 'dray/engine': 'bulk' },
    });
    expect(unity).not.toHaveProperty('dray/redshift/rows');
    // No sink has its name: it is about all of them.
    expect(told.materializations['warehouse']).toMatchObject({
      ...{ 'dray/unity/rows': rows, 'dray/stage/rows': rows, 'dray/redshift/rows': rows },
    });
    expect(told.checks).toEqual({ week_range: [true, 'WARN'] });
    expect(told.logs.map(([, text]) => text)).toEqual(
      expect.arrayContaining(['check: started', expect.stringMatching(/^write: done in/)]),
    );
    const { custom } = told;
    expect(custom).toContainEqual(
      expect.objectContaining({ kind: 'progress', part: 'unity', done: rows, total: rows }),
    );
    expect(custom.filter(({ type }) => type === 'load.committed')).toHaveLength(3);
    expect(told.exceptions).toEqual([]);
  });

  it('tells it why a run has failed, which has in its record who asked for it', async () => {
    const at = await world.config('failing', { source: '/no/such/folder' });
    const bundle = [process.execPath, join(ROOT, 'dist/generic-entry.mjs')];
    const told = await asAsset('file', {}, [], [...bundle, ...at.args, '--run_id', 'failing']);
    expect(told.success).toBe(false);
    expect(told.exceptions).toContainEqual(expect.stringMatching(/^SOURCE_NOT_FOUND: .*no\/such/));
    expect(told.materializations).toEqual({});
    const { stdout } = await world.dray('runs', 'show', 'failing', '--json');
    const { events } = JSON.parse(stdout) as { events: readonly { type: string; data: object }[] };
    expect(events.find(({ type }) => type === 'dagster.run')?.data).toMatchObject({
      ...{ run_id: told.run_id, asset_keys: ['lake/unity', 'warehouse'], retry_number: 0 },
    });
  });
});
