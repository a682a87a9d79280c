import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { deltaRs } from '../strategies/delta/harness.ts';
import { launchSpark } from '../launcher/launch.ts';
import { sparkVersions, withoutSpark } from '../spark/server.ts';
import {
  type Contents,
  contentsOf,
  type Ended,
  openWorld,
  type Prepared,
  ROOT,
  type World,
} from './world.ts';

const WINDOW = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];
const WEEK_24 = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
/** Where a run is killed: the places at which a merge leaves other things behind than other modes. */
const MOMENTS = [
  'delta:upload:after#2',
  'delta:ledger:after#1',
  'delta:commit:before#1',
  'delta:commit:after#1',
  'postgres:copy:after#1',
  'postgres:ledger:after#1',
  'postgres:commit:after#1',
];
let world: World;
/** What is there first, what is merged into it, and what has to come out. */
let sources: Readonly<Record<'old' | 'new' | 'both', string>>;
let golden: Omit<Contents, 'stage'>;

beforeAll(async () => {
  world = await openWorld();
  const folder = (name: string) => join(world.folder, `source-${name}`);
  sources = { old: folder('old'), new: folder('new'), both: folder('both') };
  for (const path of Object.values(sources)) await mkdir(path);
  const sample = (rest: number, weeks: string) =>
    `select * from read_parquet('${ROOT}/data/sample/promotions/*.parquet')
     where product_id % 40 = ${String(rest)} and week in (${weeks})`;
  const changed = `select * replace ('5' as display_location) from (${sample(7, '24')}) where product_id % 80 = 7`;
  const write = async (query: string, path: string) => {
    await world.duckdb(`copy (${query}) to ${quote(join(path, 'part.parquet'))} (format parquet)`);
  };
  await write(sample(7, '23, 24'), sources.old);
  await write(`${changed} union all ${sample(8, '24')}`, sources.new);
  const key = 'product_id, store_id, week';
  await write(
    `select * from (${sample(7, '23, 24')}) anti join (${changed}) using (${key})
     union all ${changed} union all ${sample(8, '24')}`,
    sources.both,
  );
  const at = await targets('golden');
  const args = await argsFor(at, 'golden-both', sources.both, 'overwrite_window');
  await world.run([...args, ...WINDOW]);
  golden = await contentsIn(at);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Targets in Delta and Postgres, and a config that loads the old rows into them. */
async function targets(name: string): Promise<Prepared> {
  return await world.config(name, {
    source: sources.old,
    set: { stage_loader_config: undefined },
  });
}

/** Arguments for loading a source into the targets of `at` in a mode. */
async function argsFor(
  at: Prepared,
  name: string,
  source: string,
  mode: string,
  more: object = {},
): Promise<readonly string[]> {
  const config = JSON.parse(await readFile(at.file, 'utf8')) as Record<string, object>;
  const changed = await world.config(name, {
    source,
    set: {
      stage_loader_config: undefined,
      unity_loader_config: { ...config['unity_loader_config'], mode },
      redshift_loader_config: { ...config['redshift_loader_config'], mode },
      ...more,
    },
  });
  return changed.args;
}

/** Targets that hold the old rows; arguments that merge the new ones into them. */
async function prepared(name: string, more: object = {}) {
  const at = await targets(name);
  expect((await world.run([...at.args, ...WINDOW])).code).toBe(0);
  const args = await argsFor(at, `${name}-merge`, sources.new, 'merge', more);
  return { at, args: [...args, ...WINDOW] };
}

async function contentsIn(at: Prepared): Promise<Omit<Contents, 'stage'>> {
  // There is no stage; what is read in its place means nothing.
  const { unity, redshift } = await contentsOf(world, { ...at, stage: at.unity });
  return { unity, redshift };
}

async function expectGolden(at: Prepared): Promise<void> {
  expect(await contentsIn(at)).toEqual(golden);
}

/** What `dray verify` finds wrong in Delta and Postgres. */
async function wrongIn(at: Prepared): Promise<Readonly<Record<string, readonly string[]>>> {
  const { stdout } = await world.dray('verify', '--config', at.file, '--json');
  const found = JSON.parse(stdout) as readonly {
    readonly sink: string;
    readonly partitions: readonly { readonly value: string; readonly problem: string | null }[];
  }[];
  return Object.fromEntries(
    found.map(({ sink, partitions }) => [
      sink,
      partitions.flatMap(({ value, problem }) => (problem === null ? [] : [`${value} ${problem}`])),
    ]),
  );
}
const RIGHT = { unity: [], redshift: [] };

/** Ends of runs of an engine, in this process's world or below a launcher. */
type RunOn = (args: readonly string[]) => Promise<Pick<Ended, 'stderr' | 'line'>>;

/** One merge over what is there, and what a second one has to replace. */
async function expectMerge(engine: string, run: RunOn) {
  const { at, args } = await prepared(`merge-${engine}`, { strategy_type: engine });
  const first = await run(args);
  expect(first.stderr).toContain('rows replaced');
  expect(first.line).toMatchObject({ exit_code: 0, engine });
  const [unity, redshift] = first.line?.['sinks'] as readonly Record<string, number>[];
  const { loaded = 0, replaced = 0 } = unity ?? {};
  expect(replaced).toBeGreaterThan(0);
  expect(loaded).toBeGreaterThan(replaced);
  expect(redshift).toMatchObject({ loaded, replaced });
  await expectGolden(at);
  expect(await wrongIn(at)).toEqual(RIGHT);
  return { at, args, loaded };
}

describe('mode merge', () => {
  it.each(['row', 'bulk'])('loads into what is there, twice the same, on %s', async (engine) => {
    const { at, args, loaded } = await expectMerge(engine, (each) => world.run(each));
    const again = await world.run(args);
    expect(again.stderr).toContain('nothing loaded twice');
    const forced = await world.run([...args, '--force']);
    expect(forced.line?.['sinks']).toMatchObject([
      { status: 'loaded', replaced: loaded },
      { status: 'loaded', replaced: loaded },
    ]);
    await expectGolden(at);
    expect(await wrongIn(at)).toEqual(RIGHT);
  });

  const onSpark = withoutSpark === '' ? it : it.skip;
  onSpark(
    `loads into what is there on Spark${withoutSpark}`,
    async () => {
      await expectMerge('bigdata', async (args) => {
        using launched = launchSpark(sparkVersions[0] ?? '', args, {
          DRAY_BUNDLE: join(ROOT, 'test/e2e/failing-entry.ts'),
          PROMOS_DB_PASSWORD: world.postgres.password,
        });
        const { lines, stderr } = await launched.ended;
        return { stderr, line: lines[0] };
      });
    },
    600_000,
  );

  it('makes the targets where there are none, and comes after an append and before a window', async () => {
    const at = await targets('merge-order');
    const load = async (name: string, source: string, mode: string, window = WINDOW) => {
      const args = await argsFor(at, `merge-order-${name}`, source, mode);
      const ended = await world.run([...args, ...window]);
      expect(ended.stderr).toContain('completed');
      expect(await wrongIn(at)).toEqual(RIGHT);
    };
    await load('nothing', sources.old, 'merge', WEEK_24);
    await load('append', sources.old, 'append', [
      '--start_date',
      '2017-05-29',
      '--end_date',
      '2017-06-05',
    ]);
    await load('merge', sources.new, 'merge');
    await expectGolden(at);
    await load('window', sources.old, 'overwrite_window', WEEK_24);
    await load('again', sources.new, 'merge');
    await expectGolden(at);
  });

  it('is refused for Parquet', async () => {
    const at = await world.config('merge-parquet', {
      set: { stage_loader_config: { strategy: 'PARQUET', path: world.folder, mode: 'merge' } },
    });
    const ended = await world.run(at.args);
    expect(ended.code).toBe(2);
    expect(ended.line).toMatchObject({ error: { code: 'NOT_SUPPORTED' } });
  });

  it('says in a plan what it would do', async () => {
    const { args } = await prepared('merge-plan');
    const file = String(args[args.indexOf('--load_promos_job') + 1]).slice(1);
    const { stdout } = await world.dray(
      ...['plan', 'load_promos', '--config', file, '--from', '2017-06-05', '--to', '2017-06-12'],
    );
    expect(stdout).toMatch(
      /unity \(delta, merge\)\n.*unity\n {2}replaces rows of its keys among the [\d,]+ rows in 1 file of the window, and adds the others/,
    );
  });
});

describe('dray verify after a merge', () => {
  it('finds a row deleted, changed and doubled by hand', async () => {
    const { at, args } = await prepared('merge-verify');
    expect((await world.run(args)).code).toBe(0);
    await world.session.useExtension('delta', AbortSignal.timeout(10_000));
    const [row] = await world.duckdb(
      `select min(promo_id) as first, max(promo_id) as last from delta_scan(${quote(at.unity)}) where week = 24`,
    );
    const [first, last] = [String(row?.['first']), String(row?.['last'])];
    await deltaRs('update', at.unity, {
      predicate: `promo_id = '${first}'`,
      updates: { brand: "'somebody''s'" },
    });
    await world.query(`update ${at.table} set promo_score = 9 where promo_id = '${first}'`);
    const wrong = (problem: string) => ({ unity: [problem], redshift: [problem] });
    expect(await wrongIn(at)).toEqual(wrong('24 other values'));
    await deltaRs('delete', at.unity, `promo_id = '${last}'`);
    await world.query(`delete from ${at.table} where promo_id = '${last}'`);
    expect(await wrongIn(at)).toEqual(wrong('24 1 row missing'));
    expect((await world.run([...args, '--force'])).code).toBe(0);
    const [key] = await world.query(
      `select conname from pg_constraint where contype = 'p' and conrelid = '${at.table}'::regclass`,
    );
    await world.query(`alter table ${at.table} drop constraint "${String(key?.['conname'])}"`);
    await world.query(
      `insert into ${at.table} select * from ${at.table} where promo_id = '${first}'`,
    );
    await deltaRs('double', at.unity, ['promo_id', first]);
    expect(await wrongIn(at)).toEqual(wrong('24 1 row too many'));
  });
});

describe('kill -9 of a merge', () => {
  it.each(MOMENTS)('at %s: the next attempt ends in the right content', async (moment) => {
    const name = `merge-kill-${moment.replaceAll(/[^a-z0-9]+/g, '-')}`;
    const { at, args } = await prepared(name);
    const killed = await world.run([...args, '--run_id', name], {
      DRAY_TEST_FAIL: `${moment}=kill`,
    });
    expect(killed.stderr).toContain('failpoint');
    expect(killed.signal).toBe('SIGKILL');
    const again = await world.run([...args, '--run_id', name, '--attempt', '2']);
    expect(again.stderr).toMatch(/completed|nothing loaded twice/);
    expect(again.code).toBe(0);
    await expectGolden(at);
    expect(await wrongIn(at)).toEqual(RIGHT);
    expect(
      await world.query(`select tablename from pg_tables where tablename like '\\_dray\\_stage%'`),
    ).toEqual([]);
  });
});
