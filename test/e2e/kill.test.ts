import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Contents, contentsOf, openWorld, type World } from './world.ts';

const WINDOW = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];
/**
 * Where a run into three sinks is killed: while the others are staged, and with one or two of them
 * committed. test/e2e/walk has every place of each sink by itself.
 */
const MOMENTS = [
  'quarantine:keep:after#1',
  'parquet:upload:after#2',
  'postgres:copy:after#1',
  'postgres:commit:before#1',
  'postgres:commit:after#1',
  'delta:commit:before#1',
  'delta:commit:after#1',
  'parquet:publish:after#1',
  'parquet:manifest:after#1',
  'postgres:ledger:after#1 of all rows',
];
let world: World;
let source: string;
let golden: Readonly<Record<'window' | 'all', Contents>>;

beforeAll(async () => {
  world = await openWorld();
  source = await world.smallSource();
  const one = await world.config('golden', { source });
  await world.run([...one.args, ...WINDOW]);
  const all = await world.config('golden-all', { source });
  await world.run(all.args);
  golden = { window: await contentsOf(world, one), all: await contentsOf(world, all) };
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('kill -9', () => {
  it.each(MOMENTS)('at %s: the next attempt ends in the right content', async (title) => {
    const name = `kill-${title.replaceAll(/[^a-z0-9]+/g, '-')}`;
    const [moment = '', all] = title.split(' of ');
    const window = all === undefined ? WINDOW : [];
    const at = await world.config(name, { source });
    // Content that was there before: the first of the two weeks, from an earlier run.
    const before = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];
    expect((await world.run([...at.args, ...before])).code).toBe(0);

    const runId = ['--run_id', name];
    const killed = await world.run([...at.args, ...window, ...runId], {
      DRAY_TEST_FAIL: `${moment}=kill`,
    });
    expect(killed.stderr).toContain('failpoint');
    expect(killed.signal).toBe('SIGKILL');
    const again = await world.run([...at.args, ...window, ...runId, '--attempt', '2']);
    expect(again.stderr).toMatch(/completed|nothing loaded twice/);
    expect(again.code).toBe(0);
    expect(await contentsOf(world, at)).toEqual(golden[all === undefined ? 'window' : 'all']);
    expect(await leftovers(at.unity, at.stage, name)).toEqual([]);
  });

  it.each(['check', 'claim', 'measure', 'transform', 'write', 'account'])(
    'as the step "%s" starts: the next attempt ends in the right content',
    async (step) => {
      const name = `kill-step-${step}`;
      const at = await world.config(name, { source });
      const args = [...at.args, ...WINDOW, '--run_id', name];
      const running = world.start(args);
      await running.saw(new RegExp(`^${step}: started`, 'm'));
      running.child.kill('SIGKILL');
      expect((await running.ended).signal).toBe('SIGKILL');
      expect((await world.run([...args, '--attempt', '2'])).code).toBe(0);
      expect(await contentsOf(world, at)).toEqual(golden.window);
      expect(await leftovers(at.unity, at.stage, name)).toEqual([]);
    },
  );

  it('and then a run of its own takes over after the claim has been silent', async () => {
    const at = await world.config('kill-other-run', { source });
    const killed = await world.run([...at.args, ...WINDOW], {
      DRAY_TEST_FAIL: 'parquet:publish:after#1=kill',
    });
    expect(killed.signal).toBe('SIGKILL');
    const other = await world.run([...at.args, ...WINDOW]);
    expect(other.stderr).toContain('waiting for run');
    expect(other.code).toBe(0);
    expect(await contentsOf(world, at)).toEqual(golden.window);
  });
});

describe('a retry', () => {
  it.each(['overwrite', 'overwrite_window'])(
    'of mode %s gives its rows the start of the first attempt',
    async (mode) => {
      const name = `start-${mode}`;
      const at = await world.config(name, {
        source,
        set: {
          unity_loader_config: undefined,
          redshift_loader_config: undefined,
          stage_loader_config: {
            strategy: 'PARQUET',
            path: join(world.folder, name, 'stage'),
            mode,
          },
        },
      });
      const args = [...at.args, ...WINDOW, '--run_id', name];
      await world.run(args, { DRAY_TEST_FAIL: 'parquet:publish:before#1=kill' });
      const claim = await readFile(join(at.stage, '_dray/claims/00000001.json'), 'utf8');
      const { startedAt } = JSON.parse(claim) as { readonly startedAt: string };
      expect((await world.run([...args, '--attempt', '2'])).code).toBe(0);
      expect(
        await world.duckdb(
          `select distinct epoch_ms(loaded_at) as at from read_parquet('${at.stage}/*/*.parquet', hive_partitioning = false)`,
        ),
      ).toEqual([{ at: BigInt(Date.parse(startedAt)) }]);
    },
  );
});

/** What a reader of a target would see and no load put there. */
async function leftovers(unity: string, stage: string, name: string): Promise<readonly string[]> {
  const files = await readdir(stage, { recursive: true });
  const [logged] = await world.duckdb(
    `select list(distinct parse_filename(filename)) as files from delta_scan('${unity}', filename = true)`,
  );
  const inLog = String(logged?.['files']);
  const data = (await readdir(unity, { recursive: true })).filter((file) =>
    file.endsWith('.parquet'),
  );
  const tables = await world.query(
    `select tablename from pg_tables where tablename like '\\_dray\\_stage%'`,
  );
  return [
    ...files.filter(
      (file) => file.endsWith('.parquet') && !/^week=2[345]\/part-0\.parquet$/.test(file),
    ),
    ...(await readdir(join(stage, '_dray/stage')).catch(() => [])).map((file) => `${name} ${file}`),
    // A file the log does not name, and did not name before, is nobody's.
    ...data.filter((file) => !inLog.includes(file.split('/').at(-1) ?? '') && !isTombstone(file)),
    ...tables.map((row) => String(row['tablename'])),
  ];
}

/** Files that an earlier version of the table had stay for readers of that version. */
function isTombstone(file: string): boolean {
  return file.endsWith('-c1.parquet');
}
