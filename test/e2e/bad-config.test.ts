import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Changes,
  expectFailure,
  expectLoads,
  type Failure,
  openScene,
  type Scene,
  WINDOW,
} from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

const refused = (code: string, ...says: readonly string[]): Failure => ({ exit: 2, code, says });

const CONFIGS: readonly { title: string; changes: Changes; failure: Failure }[] = [
  {
    title: 'a key that nobody knows, with the nearest one',
    changes: { redshift_loader_config: { tabel: 'public.x' } },
    failure: refused('CONFIG_INVALID', 'redshift_loader_config.tabel', 'did you mean "table"?'),
  },
  {
    title: 'a loader strategy that does not exist, with those that do',
    changes: { unity_loader_config: { strategy: 'DELTAA' } },
    failure: refused(
      'CONFIG_INVALID',
      'unity_loader_config.strategy',
      '"DELTAA"',
      '"POSTGRES"',
      'did you mean "DELTA"?',
    ),
  },
  {
    title: 'a reader strategy in lower case',
    changes: { extractor_config: { strategy: 'parquet' } },
    failure: refused('CONFIG_INVALID', 'extractor_config.strategy', 'got "parquet"', '"PARQUET"'),
  },
  {
    title: 'a writer without a place for what it stages',
    changes: { redshift_loader_config: { strategy: 'REDSHIFT' } },
    failure: refused('CONFIG_INVALID', 'redshift_loader_config.staging_path'),
  },
  {
    title: 'a secret whose variable is not set',
    changes: {
      redshift_loader_config: { properties: { password: 'secret://env/NOT_SET_ANYWHERE' } },
    },
    failure: refused('SECRET_MISSING', 'secret://env/NOT_SET_ANYWHERE', 'not set', 'set NOT_SET'),
  },
  {
    title: 'a secret whose file is not there',
    changes: { redshift_loader_config: { properties: { password: 'secret://file/none/here' } } },
    failure: refused('SECRET_MISSING', '/none/here', 'cannot be read', 'readable by the user'),
  },
  {
    title: 'two mistakes at once, both of them named',
    changes: { quailty: {}, lock_timeout_s: -1 },
    failure: refused('CONFIG_INVALID', '2 problems', 'did you mean "quality"?', 'lock_timeout_s'),
  },
];

describe('a config with a mistake', () => {
  it.each(CONFIGS)('is refused with exit 2: $title', async ({ changes, failure }) => {
    await expectFailure(scene, await scene.args(changes), failure);
  });

  it.each([
    { title: 'a comma too many', text: '{"extractor_config": {},}', says: 'line 1, column 25' },
    { title: 'the end missing', text: '{"extractor_config": {', says: 'seems cut' },
    { title: 'nothing', text: '', says: 'give JSON' },
    { title: 'a list', text: '[]', says: 'not a JSON object but a list' },
  ])('is refused with exit 2 when its file is not JSON: $title', async ({ title, text, says }) => {
    const file = join(scene.world.folder, `${title.replaceAll(' ', '-')}.json`);
    await writeFile(file, text);
    const args = ['--module_name', 'load_promos', '--load_promos_job', `@${file}`, ...WINDOW];
    await expectFailure(scene, args, refused('CONFIG_INVALID', file, says));
  });

  it('is refused with exit 2 when a shell took the quotes off its JSON', async () => {
    const args = ['--module_name', 'load_promos', '--load_promos_job', '{extractor_config: {}}'];
    const failure = refused('CONFIG_INVALID', '--load_promos_job is not JSON', 'single quotes');
    await expectFailure(scene, [...args, ...WINDOW], failure);
  });
});

describe('a window that is none', () => {
  it.each([
    {
      title: 'one date alone',
      window: ['--start_date', '2017-06-05'],
      failure: refused('WINDOW_INVALID', '--start_date', 'without --end_date', 'both dates'),
    },
    {
      title: 'a date that is in no calendar',
      window: ['--start_date', '2017-02-30', '--end_date', '2017-06-12'],
      failure: refused('WINDOW_INVALID', '--start_date', '"2017-02-30"', 'YYYY-MM-DD'),
    },
    {
      title: 'dates the wrong way round',
      window: ['--start_date', '2017-06-12', '--end_date', '2017-06-05'],
      failure: refused('WINDOW_INVALID', 'ends before it starts: "2017-06-12"', 'swapped'),
    },
    {
      title: 'start and end on one day, as a cron string in Airflow 3 gives',
      window: ['--start_date', '2017-06-05', '--end_date', '2017-06-05'],
      failure: refused('WINDOW_INVALID', '"2017-06-05"', 'CronDataIntervalTimetable'),
    },
  ])('is refused with exit 2: $title', async ({ window, failure }) => {
    await expectFailure(scene, await scene.args({}, window), failure);
  });

  it('is refused with exit 2 for append unless it is Monday to Monday', async () => {
    const window = ['--start_date', '2017-06-06', '--end_date', '2017-06-12'];
    const args = await scene.args({ stage_loader_config: { mode: 'append' } }, window);
    const says = ['2017-06-06 to 2017-06-12', 'Monday to Monday', '2017-06-05 to 2017-06-12'];
    await expectFailure(scene, args, refused('APPEND_UNALIGNED', ...says));
  });
});

describe('the config of the reference document', () => {
  it('runs key for key, with only the paths changed', async () => {
    const { world, at, source } = scene;
    const config = `{
  "job_failed_notifications":   {"notification_service": "NOOP"},
  "job_success_notifications":  {"notification_service": "NOOP"},
  "data_quality_notifications": {"notification_service": "NOOP"},
  "extractor_config":      {"strategy": "PARQUET", "source_table": "file://${source}/"},
  "unity_loader_config":   {"strategy": "DELTA",   "path": "${at.unity}"},
  "stage_loader_config":   {"strategy": "PARQUET", "path": "${at.stage}"},
  "redshift_loader_config": {
    "strategy": "POSTGRES",
    "jdbc_url": "jdbc:postgresql://127.0.0.1:${String(world.postgres.port)}/${world.postgres.database}",
    "properties": {"user": "${world.postgres.user}", "password": "secret://env/PROMOS_DB_PASSWORD", "driver": "org.postgresql.Driver"}
  }
}`;
    const job = ['--module_name', 'load_promos_job_factory', '--load_promos_job', config];
    const ended = await world.run([...job, ...WINDOW]);
    expect(ended.stderr).toContain('completed');
    expect(ended.code).toBe(0);
    const rows = `select count(*)::int as rows from public.promotions`;
    const [{ loaded } = { loaded: 0 }] = ended.line?.['sinks'] as { loaded: number }[];
    expect(loaded).toBeGreaterThan(1000);
    expect(await world.query(rows)).toEqual([{ rows: loaded }]);
    // The same load into the scene's own table finds the two folders loaded already.
    const again = await expectLoads(
      scene,
      await scene.args({ extractor_config: { source_table: `file://${source}/` } }),
    );
    expect(again.line).toMatchObject({ sinks: [{}, {}, { status: 'loaded' }] });
  });
});
