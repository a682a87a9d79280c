import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { locateSource } from '../../../strategies/glue/locate.ts';
import { describeGlue, forever } from './harness.ts';

describeGlue('a table of Glue as a source', (at) => {
  const spark = (provider: string) => ({ 'spark.sql.sources.provider': provider });
  const locate = (format: 'PARQUET' | 'DELTA', name = `glue://sales.${at.table}`) =>
    locateSource(name, format, forever);

  it('says where a at.table is that a load registered', async () => {
    await at.register();
    expect(await locate('PARQUET')).toEqual({
      location: at.location,
      shown: `glue://sales.${at.table} at ${at.location}`,
    });
  });

  it('finds a Delta at.table of a crawler, and one that Spark made', async () => {
    const StorageDescriptor = { Location: 's3://lake/delta' };
    await at.create({ StorageDescriptor, Parameters: { table_type: 'DELTA' } });
    expect(await locate('DELTA')).toMatchObject({ location: 's3://lake/delta' });
    at.table += '_spark';
    await at.create({
      Parameters: spark('delta'),
      StorageDescriptor: {
        Location: 's3://lake/sales.db/promotions-__PLACEHOLDER__',
        SerdeInfo: { Parameters: { path: 's3://lake/spark-delta' } },
      },
    });
    expect(await locate('DELTA')).toMatchObject({ location: 's3://lake/spark-delta' });
  });

  it.each([
    ['DELTA', { Parameters: { table_type: 'delta' } }, 'set "strategy" to "DELTA"'],
    ['ICEBERG', { Parameters: { table_type: 'ICEBERG' } }, 'tables of PARQUET and DELTA'],
    ['HUDI', { Parameters: spark('hudi') }, 'tables of PARQUET and DELTA'],
    ['VIEW', { TableType: 'VIRTUAL_VIEW' }, 'tables of PARQUET and DELTA'],
    ['CSV', { Parameters: { classification: 'csv' } }, 'tables of PARQUET and DELTA'],
    [
      'SYMLINK',
      {
        StorageDescriptor: {
          InputFormat: 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat',
          Location: 's3://lake/delta/_symlink_format_manifest',
        },
      },
      'strategy "DELTA"',
    ],
  ] as const)('refuses to read %s as Parquet', async (format, input, hint) => {
    await at.create(input);
    await expect(locate('PARQUET')).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining(`is ${format}`),
      hint: expect.stringContaining(hint),
    });
  });

  it('refuses partitions outside of the folder, which would be missed', async () => {
    await at.register();
    const { StorageDescriptor, PartitionKeys } = await at.tableThere();
    await at.update({
      ...{ PartitionKeys },
      StorageDescriptor: { ...StorageDescriptor, Location: `${at.location}/week=23` },
    });
    await expect(locate('PARQUET')).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('outside of'),
    });
  });

  it('says what is near a name that is not there', async () => {
    await at.register();
    await expect(locate('PARQUET', `glue://sales.${at.table}x`)).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      hint: expect.stringMatching(/^did you mean "promotions_/),
    });
    await expect(locate('PARQUET', `glue://sale.${at.table}`)).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      hint: 'did you mean "sales"?',
    });
  });

  describe('of a Glue that does not answer as it should', () => {
    /** A Glue that gives these answers, and then the last of them for ever. */
    async function withAnswers(
      answers: readonly { readonly status: number; readonly type: string }[],
      work: () => Promise<void>,
    ): Promise<number> {
      let calls = 0;
      const server = createServer((request, response) => {
        request.resume().on('end', () => {
          const { status, type } = answers[Math.min(calls, answers.length - 1)] ?? {};
          calls += 1;
          response.writeHead(status ?? 500, { 'content-type': 'application/x-amz-json-1.1' });
          response.end(
            JSON.stringify(
              status === 200
                ? {
                    Table: {
                      Name: 't',
                      Parameters: { table_type: 'DELTA' },
                      StorageDescriptor: { Location: 's3://lake/t' },
                    },
                  }
                : { __type: type, message: 'said Glue' },
            ),
          );
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      process.env['AWS_ENDPOINT_URL_GLUE'] =
        `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      try {
        await work();
      } finally {
        process.env['AWS_ENDPOINT_URL_GLUE'] = at.endpoint;
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      return calls;
    }
    const locate = () => locateSource('glue://sales.t', 'DELTA', forever);

    it('is asked again when it throttles', async () => {
      const throttled = { status: 400, type: 'ThrottlingException' };
      const calls = await withAnswers(
        [throttled, throttled, { status: 200, type: '' }],
        async () => {
          expect(await locate()).toMatchObject({ location: 's3://lake/t' });
        },
      );
      expect(calls).toBe(3);
    });

    it('is denied, once', async () => {
      const calls = await withAnswers(
        [{ status: 400, type: 'AccessDeniedException' }],
        async () => {
          await expect(locate()).rejects.toMatchObject({
            code: 'SOURCE_DENIED',
            message: 'glue://sales.t: said Glue',
            hint: expect.stringContaining('IAM'),
          });
        },
      );
      expect(calls).toBe(1);
    });

    it('is unavailable while it throttles for ever, or is not there', async () => {
      await withAnswers([{ status: 400, type: 'ThrottlingException' }], async () => {
        await expect(locate()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
      });
      process.env['AWS_ENDPOINT_URL_GLUE'] = 'http://127.0.0.1:1';
      await expect(locate()).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        hint: expect.stringContaining('AWS_REGION'),
      });
      process.env['AWS_ENDPOINT_URL_GLUE'] = at.endpoint;
    });
  });
});
