import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { expectFailure, expectLoads, type Failure, openScene, type Scene } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

/** Arguments of a run that reads `path`. */
async function reading(path: string): Promise<readonly string[]> {
  return await scene.args({ extractor_config: { source_table: path } });
}

/** Writes a Parquet file with what a query selects. */
async function written(name: string, query: string): Promise<string> {
  const path = join(scene.world.folder, name);
  await scene.world.duckdb(`copy (${query}) to ${quote(path)} (format parquet)`);
  return path;
}

/** A source of week 24 with other columns. */
async function reshaped(name: string, columns: string): Promise<string> {
  const week = quote(join(scene.source, 'week-24.parquet'));
  return await written(name, `select ${columns} from read_parquet(${week})`);
}

describe('a source that cannot be read', () => {
  it('is refused with exit 1 when there is no such file', async () => {
    const path = join(scene.world.folder, 'nowhere.parquet');
    await expectFailure(scene, await reading(path), {
      exit: 1,
      code: 'SOURCE_NOT_FOUND',
      says: [path, 'no file', 'source_table'],
    });
  });

  it('is refused with exit 1 when the folder holds no Parquet', async () => {
    const path = join(scene.world.folder, 'bare');
    await mkdir(path);
    await writeFile(join(path, 'promotions.csv'), 'product_id');
    await expectFailure(scene, await reading(path), {
      exit: 1,
      code: 'SOURCE_NOT_FOUND',
      says: [path, 'no Parquet file', '*.parquet'],
    });
  });

  it.each([
    { title: 'cut in half', damage: (bytes: Buffer) => bytes.subarray(0, bytes.length / 2) },
    { title: 'empty', damage: () => Buffer.alloc(0) },
    { title: 'text', damage: () => Buffer.from('product_id,store_id\n'.repeat(20)) },
  ])('is refused with exit 1 when one of its files is $title', async ({ title, damage }) => {
    const folder = join(scene.world.folder, title.replaceAll(' ', '-'));
    await mkdir(folder);
    const whole = await readFile(join(scene.source, 'week-24.parquet'));
    await writeFile(join(folder, 'a.parquet'), whole);
    await writeFile(join(folder, 'b.parquet'), damage(whole));
    await expectFailure(scene, await reading(folder), {
      exit: 1,
      code: 'SOURCE_UNREADABLE',
      says: [join(folder, 'b.parquet'), 'not a whole Parquet file', 'truncated'],
    });
  });

  it('is refused with exit 1 when pages of it are overwritten', async () => {
    const holes = await readFile(join(scene.source, 'week-24.parquet'));
    holes.fill(0, 4, Math.floor(holes.length * 0.8));
    const path = join(scene.world.folder, 'holes.parquet');
    await writeFile(path, holes);
    await expectFailure(scene, await reading(path), {
      exit: 1,
      code: 'SOURCE_UNREADABLE',
      says: ['not a whole Parquet file', 'damaged'],
    });
  });
});

describe('a source of another shape', () => {
  it.each([
    {
      title: 'without a column',
      columns: '* exclude (mailer_location)',
      says: ['"mailer_location"', 'expected text', 'found no such column'],
    },
    {
      title: 'with the week as double',
      columns: '* replace (week::double as week)',
      says: ['"week"', 'expected integer', 'found DOUBLE'],
    },
    {
      title: 'with the week as text',
      columns: '* replace (week::varchar as week)',
      says: ['"week"', 'expected integer', 'found VARCHAR'],
    },
    {
      title: 'with products as double',
      columns: '* replace (product_id::double as product_id)',
      says: ['"product_id"', 'expected integer', 'found DOUBLE'],
    },
    {
      title: 'with products as text',
      columns: '* replace (product_id::varchar as product_id)',
      says: ['"product_id"', 'expected integer', 'found VARCHAR'],
    },
  ])('stops the run with exit 4 before a row is read: $title', async ({ title, columns, says }) => {
    const path = await reshaped(`${title.replaceAll(' ', '-')}.parquet`, columns);
    const failure: Failure = { exit: 4, code: 'SOURCE_SCHEMA', says: [path, ...says] };
    const { stderr } = await expectFailure(scene, await reading(path), failure);
    expect(stderr).not.toContain('measure');
  });

  it('stops the run with exit 4 when a product is in products_table twice', async () => {
    const path = await written(
      'twice.parquet',
      `select 4711::bigint as product_id, 'd' as department, 'b' as brand, 'c' as product_category from range(2)`,
    );
    await expectFailure(scene, await scene.args({ products_table: path }), {
      exit: 4,
      code: 'PRODUCTS_NOT_UNIQUE',
      says: ['product_id 4711 is 2 times', path, 'unique'],
    });
  });

  it('loads when it has more columns, and lists them in the report', async () => {
    const path = await reshaped('more.parquet', `*, 'x' as remark, 1 as rank_in_store`);
    const { line } = await expectLoads(scene, await reading(path));
    const report = await readFile(String(line?.['report']), 'utf8');
    expect(report).toContain('remark, rank_in_store');
  });
});

describe('an empty window', () => {
  it('warns, exits 0 and leaves the sinks as they were', async () => {
    const before = await scene.state();
    const window = ['--start_date', '2017-01-02', '--end_date', '2017-01-09'];
    const ended = await scene.world.run(await scene.args({}, window));
    expect(ended.code).toBe(0);
    expect(ended.line).toMatchObject({
      status: 'completed',
      warnings: [expect.stringContaining('no row is in the window')],
      sinks: [{ status: 'untouched' }, { status: 'untouched' }, { status: 'untouched' }],
    });
    expect(await scene.state()).toEqual(before);
  });
});
