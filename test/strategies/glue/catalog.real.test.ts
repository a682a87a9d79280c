import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { load, noPython, openSession } from '../parquet/harness.ts';
import { describeGlue, forever } from './harness.ts';

const PYTHON = process.env['DRAY_TEST_PYTHON'] ?? '';

describeGlue('a table of Glue after a load', (at) => {
  it('has the table with the partition column as its key, and every partition', async () => {
    expect(await at.register()).toEqual([
      `CreateTable sales.${at.table} at ${at.location}`,
      `BatchCreatePartition sales.${at.table}: 23, 24`,
    ]);
    const found = await at.tableThere();
    expect(found.PartitionKeys).toEqual([{ Name: 'week', Type: 'int' }]);
    expect(
      found.StorageDescriptor?.Columns?.map(({ Name, Type }) => `${Name ?? ''} ${Type ?? ''}`),
    ).toEqual([
      ...['id bigint', 'score decimal(5,2)', 'brand string', 'created_by string'],
      'loaded_at timestamp',
    ]);
    expect(await at.partitionsThere()).toEqual({
      23: `${at.location}/week=23`,
      24: `${at.location}/week=24`,
    });
  });

  it('is left alone when nothing changed', async () => {
    await at.register();
    expect(await at.register()).toEqual([]);
  });

  it('gains and loses partitions with the folder, in batches that Glue takes', async () => {
    at.weeks = Array.from({ length: 150 }, (_, index) => String(index + 1));
    expect((await at.register()).length).toBe(3);
    at.weeks = at.weeks.slice(40).concat('200');
    const steps = await at.register();
    expect(steps.map((text) => text.split(' ')[0])).toEqual([
      'BatchCreatePartition',
      'BatchDeletePartition',
      'BatchDeletePartition',
    ]);
    expect(Object.keys(await at.partitionsThere()).sort()).toEqual([...at.weeks].sort());
    expect(await at.register()).toEqual([]);
  });

  it('repairs what somebody changed, and keeps what others added', async () => {
    await at.register();
    const { StorageDescriptor, PartitionKeys, Parameters } = await at.tableThere();
    const [first, ...rest] = StorageDescriptor?.Columns ?? [];
    await at.update({
      ...{ PartitionKeys, Description: 'mind the weeks' },
      Parameters: { ...Parameters, owner: 'retail' },
      StorageDescriptor: {
        ...StorageDescriptor,
        Columns: [{ ...first, Name: 'id', Comment: 'the key' }, ...rest.slice(1)],
      },
    });
    expect(await at.register()).toEqual([`UpdateTable sales.${at.table}: columns`]);
    const found = await at.tableThere();
    expect(found.StorageDescriptor?.Columns?.map(({ Name }) => Name)).toContain('score');
    expect(found.StorageDescriptor?.Columns?.[0]?.Comment).toBe('the key');
    expect(found).toMatchObject({
      Description: 'mind the weeks',
      Parameters: { owner: 'retail' },
    });
  });

  it('does not touch a table that is somewhere else, or something else', async () => {
    await at.register('s3://lake/elsewhere');
    const there = await at.tableThere();
    await expect(at.register()).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('s3://lake/elsewhere'),
    });
    expect(await at.tableThere()).toEqual(there);
  });

  it('says that the database is not there, and which one is near', async () => {
    await expect(at.register(at.location, `slaes.${at.table}`)).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      hint: 'did you mean "sales"?',
    });
  });

  (noPython === '' ? describe : describe.skip)(`by pyarrow and DuckDB${noPython}`, () => {
    it('has the rows once, with one week, for who reads as it defines', async () => {
      await using session = await openSession();
      await load(session, at.path, { by: 'glue', rows: { 23: 50, 24: 60 } });
      await at.register();
      const [duck] = await session.rows(
        `select count(*) as n, sum(week) as weeks, any_value(typeof(week)) as type from
           read_parquet('${at.path}/*/*.parquet', hive_partitioning = true,
             hive_types = {'week': integer})`,
        forever,
      );
      expect(duck).toMatchObject({ n: 110n, weeks: 2590n, type: 'INTEGER' });
      const found = await at.tableThere();
      const columns = found.StorageDescriptor?.Columns?.map(({ Name }) => Name) ?? [];
      const program = `import json, sys, pyarrow as pa, pyarrow.dataset as ds
data = ds.dataset(sys.argv[1], format="parquet", exclude_invalid_files=False,
  partitioning=ds.partitioning(pa.schema([("week", pa.int32())]), flavor="hive"))
columns = json.loads(sys.argv[2]) + ["week"]
table = data.to_table(columns=columns)
print(json.dumps([table.column_names, table.num_rows, sum(table["week"].to_pylist())]))`;
      const { stdout } = await promisify(execFile)(PYTHON, [
        ...['-c', program, at.path, JSON.stringify(columns)],
      ]);
      expect(JSON.parse(stdout)).toEqual([[...columns, 'week'], 110, 2590]);
    });
  });
});
