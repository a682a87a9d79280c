import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { contentsOf, openWorld, type Prepared, type World } from './world.ts';

const WINDOW = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];
const signal = new AbortController().signal;

/** A config whose files are all in the bucket. */
async function onS3(world: World, name: string, source: string, engine = 'bulk') {
  const lake = `s3://${BUCKET}/${name}`;
  const at = await world.config(name, {
    source,
    set: {
      strategy_type: engine,
      unity_loader_config: { strategy: 'DELTA', path: `${lake}/unity` },
      stage_loader_config: { strategy: 'PARQUET', path: `s3a://${BUCKET}/${name}/stage/` },
      quarantine: { path: `${lake}/quarantine` },
    },
  });
  return { ...at, unity: `${lake}/unity`, stage: `${lake}/stage`, lake };
}

(withoutMoto === '' ? describe : describe.skip)(`load_promos on S3${withoutMoto}`, () => {
  let s3: TestS3;
  let world: World;
  /** The same rows on disk and in the bucket. */
  let local: string;
  let source: string;
  let golden: Readonly<Record<'all' | 'window', Awaited<ReturnType<typeof contentsOf>>>>;

  beforeAll(async () => {
    s3 = await startS3();
    world = await openWorld();
    await world.session.useStorage(s3.openStorage(`s3://${BUCKET}`), signal);
    local = await world.smallSource();
    source = `s3://${BUCKET}/source`;
    for (const file of await readdir(local)) {
      await s3.openStorage(source).upload(join(local, file), file, signal);
    }
    const all = await world.config('golden-all', { source: local });
    await world.run(all.args);
    const window = await world.config('golden', { source: local });
    await world.run([...window.args, ...WINDOW]);
    golden = { all: await contentsOf(world, all), window: await contentsOf(world, window) };
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
  });

  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    await world.run(args, { ...s3.env, ...env });

  it.each(['bulk', 'row'])('ends in the rows of a run on disk (%s)', async (engine) => {
    const at = await onS3(world, `same-${engine}`, source, engine);
    const reports = `s3://${BUCKET}/reports`;
    const first = await run(at.args, { DRAY_REPORTS: reports });
    expect(first.stderr).toContain('completed');
    expect(first.code).toBe(0);
    expect(await contentsOf(world, at)).toEqual(golden.all);
    const report = String(first.line?.['report']);
    expect(report).toContain(reports);
    const html = await s3.openStorage(reports).read(report.slice(reports.length + 1), signal);
    expect(new TextDecoder().decode(html)).toContain('load_promos');
    const again = await run(at.args);
    expect(again.stderr).toContain('nothing loaded twice');
  });

  it('reads a file, a glob and a Delta table', async () => {
    const at = await onS3(world, 'sources', source);
    expect((await run([...at.args, ...WINDOW])).code).toBe(0);
    const target = async (name: string, extractor: object) => {
      const file = await world.config(name, {
        set: {
          extractor_config: extractor,
          unity_loader_config: undefined,
          redshift_loader_config: undefined,
          stage_loader_config: { strategy: 'PARQUET', path: `s3://${BUCKET}/${name}` },
        },
      });
      return await run(file.args);
    };
    const glob = await target('glob', {
      strategy: 'PARQUET',
      source_table: `${source}/week-2[34]*`,
    });
    expect(glob.stderr).toContain('completed');
    const one = await target('one', {
      strategy: 'PARQUET',
      source_table: `s3a://${BUCKET}/source/week-23.parquet`,
    });
    expect(one.stderr).toContain('completed');
    const missing = await target('missing', { strategy: 'DELTA', source_table: source });
    expect(missing.stderr).toContain('SOURCE_NOT_FOUND');
    const table = await target('table', { strategy: 'DELTA', source_table: at.unity });
    // Promotions are no source of promotions: their display locations are other words.
    expect(table.stderr).toContain('QUARANTINE_LIMIT  8513 of 8513 rows');
    expect(table.code).toBe(4);
  });

  it.each([
    'delta:upload:after#1',
    'delta:commit:before#1',
    'delta:commit:after#1',
    'parquet:publish:after#1',
    'parquet:manifest:before#1',
    'parquet:manifest:after#1',
  ])('killed at %s: the next attempt ends in the right content', async (moment) => {
    const name = `kill-${moment.replaceAll(/[^a-z0-9]+/g, '-')}`;
    const at = await onS3(world, name, source);
    const before = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];
    expect((await run([...at.args, ...before])).code).toBe(0);
    const args = [...at.args, ...WINDOW, '--run_id', name];
    const killed = await run(args, { DRAY_TEST_FAIL: `${moment}=kill` });
    expect(killed.signal).toBe('SIGKILL');
    const again = await run([...args, '--attempt', '2']);
    expect(again.stderr).toMatch(/completed|nothing loaded twice/);
    expect(again.code).toBe(0);
    expect(await contentsOf(world, at)).toEqual(golden.window);
    expect(await strays(at)).toEqual([]);
  });

  it.each([
    'quarantine:keep:after#1',
    'delta:commit:before#1',
    'parquet:publish:before#1',
    'parquet:publish:after#1',
    'parquet:manifest:before#1',
  ])('stopped at %s and replaced: commits nowhere and exits 5', async (moment) => {
    const name = `fence-${moment.replaceAll(/[^a-z0-9]+/g, '-')}`;
    const at = await onS3(world, name, source);
    const args = [...at.args, '--run_id', name];
    const home = (attempt: number) => ({
      DRAY_HOME: join(world.folder, `${name}-${String(attempt)}`),
    });
    const first = world.start(args, {
      ...s3.env,
      ...home(1),
      DRAY_TEST_FAIL: `${moment}=stop`,
    });
    await first.saw(/failpoint .*: stop/);
    const second = await run([...args, '--attempt', '2'], home(2));
    expect(second.stderr).toContain('completed');
    expect(second.code).toBe(0);
    first.child.kill('SIGCONT');
    const ended = await first.ended;
    expect(ended.code).toBe(5);
    expect(ended.line).toMatchObject({ status: 'failed', error: { code: 'LEASE_LOST' } });
    expect(await contentsOf(world, at)).toEqual(golden.all);
    expect(await strays(at)).toEqual([]);
  });

  it('verifies, lists and plans', async () => {
    const at = await onS3(world, 'look', source);
    expect((await run(at.args)).code).toBe(0);
    const dray = async (...args: readonly string[]) =>
      await world.start(args, s3.env, 'entry/dray.ts').ended;
    const verified = await dray('verify', '--config', at.file);
    expect(verified.stdout + verified.stderr).toContain('as the ledger says');
    expect(verified.code).toBe(0);
    const loads = await dray('loads', 'list', '--config', at.file);
    expect(loads.stdout).toContain(`${at.lake}/unity`);
    const plan = await dray('plan', 'load_promos', '--config', at.file);
    expect(plan.stdout).toContain('has loaded the same already');
    expect(plan.code).toBe(0);
  });

  /** Data that a reader could trip over, or nobody will ever remove. */
  async function strays(at: Prepared): Promise<readonly string[]> {
    const stage = await s3.openStorage(at.stage).list('', signal);
    const unity = await s3.openStorage(at.unity).list('', signal);
    return [...stage, ...unity]
      .map(({ key }) => key)
      .filter((key) => key.startsWith('_dray/stage/'));
  }
});
