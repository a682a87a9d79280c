import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { everywhere, type Feed, openFeed, productsIn } from './feed.ts';
import { python, writeParquet } from './grown-source.ts';
import { openWorld, type World } from './world.ts';

/** Only Postgres and Delta merge. */
const MERGES = { mode: 'merge', set: { stage_loader_config: undefined } };
let world: World;
let feed: Feed;

beforeAll(async () => {
  world = await openWorld();
  feed = await openFeed(world, 'unused');
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('an incremental read by files', () => {
  it('loads files that are new, and refuses to append one that was replaced', async () => {
    const folder = join(world.folder, 'landing');
    await mkdir(folder);
    const reader = { strategy: 'PARQUET', source_table: folder, incremental: { by: 'files' } };
    const at = await feed.follow('files', { reader });
    await writeParquet(world, `${folder}/a.parquet`, [1, 2]);
    expect((await world.run(at.args)).line).toMatchObject({ counts: { read: 2 } });
    await writeParquet(world, `${folder}/b.parquet`, [3]);
    await writeParquet(world, `${folder}/c.parquet`, [4]);
    const killed = await world.run(at.args, { DRAY_TEST_FAIL: 'delta:commit:before#1=kill' });
    expect(killed.signal).toBe('SIGKILL');
    await writeParquet(world, `${folder}/d.parquet`, [5]);
    // Files that are loaded everywhere may go.
    await rm(`${folder}/a.parquet`);
    const completed = await world.run(at.args);
    expect(completed.line).toMatchObject({ exit_code: 0, counts: { read: 2 } });
    expect(await productsIn(world, at)).toEqual(everywhere([1, 2, 3, 4]));
    expect((await world.run(at.args)).line).toMatchObject({ counts: { read: 1 } });
    expect((await world.run(at.args)).stderr).toContain('nothing new since 4 files');
    await writeParquet(world, `${folder}/b.parquet`, [3, 6]);
    const refused = await world.run(at.args);
    expect(refused.line).toMatchObject({ exit_code: 2, error: { code: 'APPEND_REPEATED' } });
    expect(refused.stderr).toContain('b.parquet" had another content when it was read');
    expect(await productsIn(world, at)).toEqual(everywhere([1, 2, 3, 4, 5]));
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('merges a file that was replaced', async () => {
    const folder = join(world.folder, 'landing-merged');
    await mkdir(folder);
    const reader = { strategy: 'PARQUET', source_table: folder, incremental: { by: 'files' } };
    const at = await feed.follow('files-merged', { reader, ...MERGES });
    await writeParquet(world, `${folder}/a.parquet`, [1, 2]);
    await writeParquet(world, `${folder}/b.parquet`, [3]);
    expect((await world.run(at.args)).code).toBe(0);
    await writeParquet(world, `${folder}/b.parquet`, [3, 4], '2');
    expect((await world.run(at.args)).line).toMatchObject({ exit_code: 0, counts: { read: 2 } });
    expect(
      await world.query(
        `select product_id::int as id, display_code as code from ${at.table} order by 1`,
      ),
    ).toEqual([
      { id: 1, code: '1' },
      { id: 2, code: '1' },
      { id: 3, code: '2' },
      { id: 4, code: '2' },
    ]);
    expect((await world.run(at.args)).stderr).toContain('nothing new since');
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });
});

describe('an incremental read by versions of a Delta table', () => {
  it('loads the rows of later commits, wherever OPTIMIZE has put them', async () => {
    const path = join(world.folder, 'versions');
    const reader = { strategy: 'DELTA', source_table: path, incremental: { by: 'version' } };
    python(path, 'add([1, 2])');
    const at = await feed.follow('versions', { reader });
    expect((await world.run(at.args)).line).toMatchObject({ counts: { read: 2 } });
    python(path, 'add([3, 4])\nadd([5])\nd.DeltaTable(path).optimize.compact()\nadd([6])');
    const second = await world.run(at.args);
    expect(second.line).toMatchObject({ exit_code: 0, counts: { read: 4 } });
    expect(second.stderr).toContain('versions 1 to 4');
    expect(await productsIn(world, at)).toEqual(everywhere([1, 2, 3, 4, 5, 6]));
    python(path, 'd.DeltaTable(path).optimize.compact()');
    expect((await world.run(at.args)).stderr).toContain('nothing new since version 4');
    python(path, `d.DeltaTable(path).delete('product_id = 6')`);
    const refused = await world.run(at.args);
    expect(refused.line).toMatchObject({ exit_code: 4, error: { code: 'RANGE_LOST' } });
    expect(refused.stderr).toContain('version 6 (DELETE)');
    expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
  });

  it('reads changed rows into a merge, and leaves them out where config says so', async () => {
    const path = join(world.folder, 'changed');
    const by = (onChange: string) => ({
      reader: {
        strategy: 'DELTA',
        source_table: path,
        incremental: { by: 'version', on_change: onChange },
      },
    });
    python(path, 'add([1, 2, 3])');
    const merged = await feed.follow('changed-read', { ...by('read'), ...MERGES });
    const skipped = await feed.follow('changed-skip', by('skip'));
    for (const { args } of [merged, skipped]) expect((await world.run(args)).code).toBe(0);
    python(
      path,
      `d.DeltaTable(path).update(predicate='product_id = 2', updates={'display_location': "'3'"})\nadd([4])`,
    );
    expect((await world.run(merged.args)).code).toBe(0);
    const left = await world.run(skipped.args);
    expect(left.line).toMatchObject({
      exit_code: 0,
      counts: { read: 1 },
      warnings: [expect.stringContaining('left out what was changed in version 1 (UPDATE)')],
    });
    const codes = async (table: string) =>
      (await world.query(`select display_code as code from ${table} order by product_id`)).map(
        (row) => String(row['code']),
      );
    expect(await codes(merged.table)).toEqual(['1', '3', '1', '1']);
    expect(await codes(skipped.table)).toEqual(['1', '1', '1', '1']);
  });

  it('says what is missing when the log was cleaned up or the table made anew', async () => {
    const path = join(world.folder, 'cleaned-table');
    const reader = { strategy: 'DELTA', source_table: path, incremental: { by: 'version' } };
    python(path, 'add([1])');
    const at = await feed.follow('cleaned', { reader });
    expect((await world.run(at.args)).code).toBe(0);
    python(path, 'add([2])\nadd([3])\nd.DeltaTable(path).create_checkpoint()');
    await rm(join(path, '_delta_log/00000000000000000001.json'));
    const cleaned = await world.run(at.args);
    expect(cleaned.line).toMatchObject({ exit_code: 4, error: { code: 'RANGE_LOST' } });
    expect(cleaned.stderr).toContain('no longer has the commit of version 1');
    await rm(path, { recursive: true });
    python(path, 'add([4])\nadd([5])');
    const anew = await world.run(at.args);
    expect(anew.line).toMatchObject({ exit_code: 4, error: { code: 'RANGE_LOST' } });
    expect(anew.stderr).toContain('is not the table that was read up to version 0');
  });
});
