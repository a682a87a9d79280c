import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { quote, type SqlSession } from '../../../core/engine.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { Source, StrategyContext } from '../../../core/strategy.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { deltaReader } from '../../../strategies/readers/delta.ts';
import { parquetReader } from '../../../strategies/readers/parquet.ts';

const forever = new AbortController().signal;
const extensions = process.env['DRAY_EXTENSIONS'] ?? '.dray/extensions';
const context: StrategyContext = {
  clock: systemClock,
  openStorage: (location) => openFileStorage(location),
  failpoints: noFailpoints,
  resolveSecret: () => Promise.reject(new Error('a reader asks for no secret')),
  warn: () => undefined,
};
let folder: string;
let session: SqlSession;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-readers-'));
  session = await openBulkEngine(
    { tempDir: folder, extensionDirs: [extensions] },
    systemClock,
    forever,
  );
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function write(path: string, query: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await session.run(`copy (${query}) to ${quote(file)} (format parquet)`, forever);
  return file;
}

async function openParquet(sourceTable: string): Promise<Source> {
  const open = parquetReader.on.bulk;
  if (open === undefined) throw new Error('the reader has no bulk engine');
  const config = { strategy: 'PARQUET', sourceTable: join(folder, sourceTable) } as const;
  return await open(session, config, context, forever);
}

async function openDelta(sourceTable: string, version?: number): Promise<Source> {
  const open = deltaReader.on.bulk;
  if (open === undefined) throw new Error('the reader has no bulk engine');
  const config = { strategy: 'DELTA', sourceTable: join(folder, sourceTable) } as const;
  return await open(
    session,
    version === undefined ? config : { ...config, version },
    context,
    forever,
  );
}

async function valuesOf(source: Source): Promise<readonly unknown[]> {
  const rows = await session.rows(`select n from (${source.relation}) order by n`, forever);
  return rows.map((row) => row['n']);
}

describe('the Parquet reader', () => {
  beforeAll(async () => {
    await write('plain/a.parquet', 'select 1 as n');
    await write('plain/deeper/b.parquet', 'select 2 as n');
    await write('plain/_hidden/c.parquet', 'select 3 as n');
    await write('plain/.d.parquet', 'select 4 as n');
    await writeFile(join(folder, 'plain/_SUCCESS'), '');
    await write('hive/week=24/part-0.parquet', 'select 1 as n');
    await write('hive/week=25/part-0.parquet', 'select 2 as n');
  });

  it.each([
    ['a file', 'plain/a.parquet', [1]],
    ['a folder, without what other programs keep there', 'plain', [1, 2]],
    ['a folder with a slash at the end', 'plain/', [1, 2]],
    ['a glob', 'plain/**/b.*', [2]],
    ['a glob over partitions', 'hive/week=2[45]/*.parquet', [1, 2]],
  ])('reads %s', async (_, location, values) => {
    expect(await valuesOf(await openParquet(location))).toEqual(values);
  });

  it('makes columns of hive partitions', async () => {
    const source = await openParquet('hive');
    expect(source.columns).toEqual([
      { name: 'n', type: 'INTEGER' },
      { name: 'week', type: 'BIGINT' },
    ]);
  });

  it('knows the file and the physical row of each row', async () => {
    const file = await write('origin/x.parquet', 'select range as n from range(3)');
    const source = await openParquet('origin');
    const rows = await session.rows(
      `select n, __file, __row from (${source.relationWithOrigin}) where n = 2`,
      forever,
    );
    expect(rows).toEqual([{ n: 2n, __file: file, __row: 2n }]);
  });

  it('says which file lacks a column that others have', async () => {
    await write('ragged/a.parquet', 'select 1 as n, 2 as m');
    const lacking = await write('ragged/b.parquet', 'select 1 as n');
    const source = await openParquet('ragged');
    expect(source.columns).toContainEqual({ name: 'm', type: 'INTEGER', missingIn: lacking });
  });

  it('notices that a file changed after it was opened', async () => {
    await write('moving/a.parquet', 'select 1 as n');
    const source = await openParquet('moving');
    await expect(source.assertUnchanged(forever)).resolves.toBeUndefined();
    await write('moving/a.parquet', 'select 2 as n');
    await expect(source.assertUnchanged(forever)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it.each([
    ['nothing at all', 'nowhere', 'there is no file and no folder'],
    ['a folder without Parquet', 'textual', 'no Parquet file is in'],
    ['a glob that matches nothing', 'plain/*.orc', 'no file matches'],
  ])('refuses %s', async (_, location, message) => {
    await mkdir(join(folder, 'textual'), { recursive: true });
    await writeFile(join(folder, 'textual/readme.txt'), 'no data');
    await expect(openParquet(location)).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: expect.stringContaining(message),
    });
  });
});

describe('the Delta reader', () => {
  beforeAll(async () => {
    const log = join(folder, 'delta/_delta_log');
    await mkdir(log, { recursive: true });
    const files = [
      await write('delta/a.parquet', 'select 1 as n'),
      await write('delta/b.parquet', 'select 2 as n'),
    ];
    const add = (index: number) =>
      JSON.stringify({
        add: {
          path: files[index]?.split('/').at(-1),
          partitionValues: {},
          size: 1000,
          modificationTime: 0,
          dataChange: true,
        },
      });
    const schemaString = JSON.stringify({
      type: 'struct',
      fields: [{ name: 'n', type: 'integer', nullable: true, metadata: {} }],
    });
    const head = [
      JSON.stringify({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }),
      JSON.stringify({
        metaData: {
          id: 'x',
          format: { provider: 'parquet', options: {} },
          schemaString,
          partitionColumns: [],
          configuration: {},
        },
      }),
    ];
    await writeFile(join(log, '00000000000000000000.json'), [...head, add(0)].join('\n'));
    await writeFile(join(log, '00000000000000000001.json'), add(1));
  });

  it('reads the newest version, and says which in its snapshot', async () => {
    const source = await openDelta('delta');
    expect(source.snapshot).toEqual([{ name: 'delta', version: '1' }]);
    expect(await valuesOf(source)).toEqual([1, 2]);
  });

  it('travels to the version that config names', async () => {
    expect(await valuesOf(await openDelta('delta', 0))).toEqual([1]);
  });

  it('refuses a version that is not there yet, and a folder without a log', async () => {
    await expect(openDelta('delta', 7)).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      hint: expect.stringContaining('newest version is 1'),
    });
    await expect(openDelta('plain')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});
