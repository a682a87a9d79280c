import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sparkVersions, type UsedSpark, useSpark, withoutSpark } from '../spark/server.ts';
import { openFeed } from './feed.ts';
import { python, writeParquet } from './grown-source.ts';
import { openWorld, type Prepared, type World } from './world.ts';

let world: World;
let spark: UsedSpark | undefined;

beforeAll(async () => {
  world = await openWorld();
  const [newest] = sparkVersions;
  spark = newest === undefined ? undefined : await useSpark(newest);
});
afterAll(async () => {
  await spark?.[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** A job on Spark, into one sink; the rest of it is the same on every engine. */
function onSpark(reader?: object) {
  const set = {
    ...{ strategy_type: 'bigdata', spark_remote: spark?.remote },
    ...{ unity_loader_config: undefined, stage_loader_config: undefined },
  };
  return reader === undefined ? { set } : { set, reader };
}

async function expectRead(at: Prepared, rows: number, all: readonly number[]): Promise<void> {
  const ended = await world.run(at.args);
  expect(`${ended.stderr} ${String(ended.code)}`).toMatch(/ 0$/);
  expect(ended.line).toMatchObject({ counts: { read: rows } });
  const there = await world.query(`select product_id::int as id from ${at.table} order by 1`);
  expect(there.map(({ id }) => id)).toEqual(all);
}

(withoutSpark === '' ? describe : describe.skip)(
  `an incremental read on Spark${withoutSpark}`,
  () => {
    it('loads what is new by a cursor', async () => {
      const feed = await openFeed(world, 'on_spark');
      const at = await feed.follow('spark-cursor', onSpark());
      await feed.add([1, 2], 10);
      await expectRead(at, 2, [1, 2]);
      await feed.add([3], 20);
      await expectRead(at, 1, [1, 2, 3]);
      expect((await world.run(at.args)).stderr).toContain('nothing new since');
    });

    it('loads files that are new', async () => {
      const feed = await openFeed(world, 'on_spark_files');
      const folder = join(world.folder, 'spark-files');
      await mkdir(folder);
      const reader = { strategy: 'PARQUET', source_table: folder, incremental: { by: 'files' } };
      const at = await feed.follow('spark-by-files', onSpark(reader));
      await writeParquet(world, `${folder}/a.parquet`, [1, 2]);
      await expectRead(at, 2, [1, 2]);
      await writeParquet(world, `${folder}/b.parquet`, [3]);
      await expectRead(at, 1, [1, 2, 3]);
    });

    it('loads the rows of later versions, wherever OPTIMIZE has put them', async () => {
      const feed = await openFeed(world, 'on_spark_versions');
      const table = join(world.folder, 'spark-versions');
      const reader = { strategy: 'DELTA', source_table: table, incremental: { by: 'version' } };
      const at = await feed.follow('spark-by-versions', onSpark(reader));
      python(table, 'add([1, 2])');
      await expectRead(at, 2, [1, 2]);
      python(table, 'add([3])\nadd([5])\nd.DeltaTable(path).optimize.compact()\nadd([6])');
      await expectRead(at, 3, [1, 2, 3, 5, 6]);
    });
  },
);
