import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GlueClient,
} from '@aws-sdk/client-glue';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Aws, CREDENTIALS, startMoto, withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3 } from '../aws/s3.ts';
import {
  type FakeWarehouse,
  HTTP_PATH,
  newTable,
  startFakeWarehouse,
  TOKEN,
} from '../unity/fake-warehouse.ts';
import { contentsOf, openWorld, ROOT, type World } from './world.ts';

const WEEK = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const NAME = 'main.sales.promotions';
const ENV = {
  WAREHOUSE_TOKEN: TOKEN,
  // The driver, as Node, trusts what this names.
  NODE_EXTRA_CA_CERTS: join(ROOT, 'test/unity/localhost.pem'),
};

let world: World;
let source: string;
let warehouse: FakeWarehouse;

beforeAll(async () => {
  world = await openWorld();
  source = await world.smallSource();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});
beforeEach(async () => {
  warehouse = await startFakeWarehouse();
});
afterEach(async () => {
  await warehouse[Symbol.asyncDispose]();
});

/** A config whose Delta table is one of Unity Catalog. */
async function prepare(name: string, unity: object = {}, stage: object = {}) {
  const at = pathToFileURL(join(world.folder, name)).href;
  return await world.config(name, {
    source,
    set: {
      unity_loader_config: {
        ...{ strategy: 'DELTA', path: `${at}/unity`, table: NAME },
        warehouse: {
          ...{ host: warehouse.host, http_path: HTTP_PATH },
          token: 'secret://env/WAREHOUSE_TOKEN',
        },
        ...unity,
      },
      stage_loader_config: { strategy: 'PARQUET', path: `${at}/stage`, ...stage },
    },
  });
}

const AFTER_LOAD = {
  comment: 'promotions of the week',
  tags: { 'Cost Center': 'retail' },
  grants: [{ principal: 'analysts', privileges: ['SELECT'] }],
  optimize_every: 2,
};

describe('a load into a table of Unity Catalog', () => {
  it('registers it, says what it is, and leaves it alone from then on', async () => {
    const at = await prepare('registered', { after_load: AFTER_LOAD });
    const first = await world.run([...at.args, ...WEEK], ENV);
    expect(first.line).toMatchObject({ status: 'completed', warnings: [] });
    expect(warehouse.changes).toEqual([
      expect.stringMatching(/^CREATE TABLE IF NOT EXISTS `main`.`sales`.`promotions` USING DELTA/),
      expect.stringMatching(/^COMMENT ON TABLE/),
      expect.stringMatching(/SET TAGS \('Cost Center' = 'retail'\)$/),
      'GRANT SELECT ON TABLE `main`.`sales`.`promotions` TO `analysts`',
    ]);
    expect(warehouse.tables.get(NAME)?.location).toBe(pathToFileURL(at.unity).href);

    const again = await world.run([...at.args, ...WEEK], ENV);
    expect(again.line).toMatchObject({ status: 'completed', warnings: [] });
    expect(warehouse.changes).toHaveLength(4);

    // The second load that is one: now the table is optimized.
    await world.run([...at.args, ...WEEK, '--force'], ENV);
    expect(warehouse.changes.slice(4)).toEqual(['OPTIMIZE `main`.`sales`.`promotions`']);
    for (const { stdout, stderr } of [first, again]) expect(stdout + stderr).not.toContain(TOKEN);
  });

  it('is loaded when a statement after it fails; the next run does what is left', async () => {
    const at = await prepare('refused', { after_load: AFTER_LOAD });
    warehouse.failures.set(/^GRANT/, '[INSUFFICIENT_PERMISSIONS] no MANAGE. SQLSTATE: 42501');
    const run = await world.run([...at.args, ...WEEK, '--run_id', 'r-1'], ENV);
    expect(run.line).toMatchObject({
      status: 'completed',
      exit_code: 0,
      warnings: [expect.stringMatching(/unity is loaded, but .*GRANT SELECT .*TARGET_DENIED/)],
    });
    const { unity, stage } = await contentsOf(world, at);
    expect(unity).toBe(stage);
    const shown = await world.dray('runs', 'show', 'r-1');
    expect(shown.stdout).toContain('catalog.failed');

    warehouse.failures.clear();
    const next = await world.run([...at.args, ...WEEK], ENV);
    expect(next.line).toMatchObject({ warnings: [], sinks: [{ reused: true }, {}, {}] });
    expect(warehouse.tables.get(NAME)?.grants).toEqual(new Set(['analysts|SELECT']));
  });

  it('is loaded when the warehouse refuses the token', async () => {
    const at = await prepare('stranger');
    const run = await world.run([...at.args, ...WEEK], {
      ...ENV,
      WAREHOUSE_TOKEN: 'dapi-stranger',
    });
    expect(run.line).toMatchObject({
      status: 'completed',
      warnings: [expect.stringMatching(/TARGET_DENIED.*warehouse\.token/)],
    });
    expect(warehouse.statements).toEqual([]);
  });

  it('goes where the catalog has the table when config has no path', async () => {
    const at = await prepare('named', { path: undefined });
    warehouse.tables.set(NAME, newTable(pathToFileURL(at.unity).href));
    const run = await world.run([...at.args, ...WEEK], ENV);
    expect(run.line).toMatchObject({ status: 'completed', warnings: [] });
    const { unity, stage } = await contentsOf(world, at);
    expect(unity).toBe(stage);
  });

  it('fails before it reads when there is no such table and no path', async () => {
    const at = await prepare('missing', { path: undefined });
    const run = await world.run([...at.args, ...WEEK], ENV);
    expect(run.line).toMatchObject({
      exit_code: 1,
      error: { code: 'TARGET_FAILED', hint: expect.stringContaining('"path"') },
    });
  });

  it('is planned with every statement that would follow, and none is sent', async () => {
    const at = await prepare('planned', { after_load: AFTER_LOAD });
    const shown = await world.start(
      ['plan', 'load_promos', '--config', at.file, '--from', '2017-06-05', '--to', '2017-06-12'],
      ENV,
      'entry/dray.ts',
    ).ended;
    expect(shown.stderr).toBe('');
    expect(shown.stdout).toContain(`after the load, in Unity Catalog, ${NAME}: 4 to do`);
    expect(shown.stdout).toContain(
      'GRANT SELECT ON TABLE `main`.`sales`.`promotions` TO `analysts`',
    );
    expect(warehouse.changes).toEqual([]);
  });
});

(withoutMoto === '' ? describe : describe.skip)(`a load into a table of Glue${withoutMoto}`, () => {
  let aws: Aws;
  let glue: GlueClient;
  let env: Record<string, string>;

  beforeAll(async () => {
    aws = await startMoto();
    const { endpoint, region } = aws;
    env = { ...CREDENTIALS, AWS_REGION: region, AWS_ENDPOINT_URL_GLUE: endpoint };
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    glue = new GlueClient({ endpoint, region, credentials });
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'sales' } }));
  });
  afterAll(async () => {
    glue.destroy();
    await aws[Symbol.asyncDispose]();
  });

  it('registers the table and its weeks', async () => {
    const at = await prepare('glue', {}, { glue_table: 'sales.promotions' });
    const run = await world.run([...at.args, ...WEEK], { ...ENV, ...env });
    expect(run.line).toMatchObject({ status: 'completed', warnings: [] });
    const { Partitions = [] } = await glue.send(
      new GetPartitionsCommand({ DatabaseName: 'sales', TableName: 'promotions' }),
    );
    expect(Partitions.map(({ StorageDescriptor }) => StorageDescriptor?.Location)).toEqual([
      `${pathToFileURL(at.stage).href}/week=24`,
    ]);
  });

  it('may have its source there too', async () => {
    const StorageDescriptor = { Location: pathToFileURL(source).href };
    await glue.send(
      new CreateTableCommand({
        DatabaseName: 'sales',
        TableInput: { Name: 'raw', Parameters: { classification: 'parquet' }, StorageDescriptor },
      }),
    );
    const by = async (name: string, sourceTable: string) => {
      const at = await prepare(name);
      const config = JSON.parse(await readFile(at.file, 'utf8')) as Record<string, unknown>;
      const extractor = { strategy: 'PARQUET', source_table: sourceTable };
      await writeFile(at.file, JSON.stringify({ ...config, extractor_config: extractor }));
      const run = await world.run([...at.args, ...WEEK], { ...ENV, ...env });
      expect(run.line).toMatchObject({ status: 'completed' });
      return await contentsOf(world, at);
    };
    expect(await by('by-name', 'glue://sales.raw')).toEqual(await by('by-path', source));
  });

  it('follows the columns that come with the source, on S3', async () => {
    await using s3 = await startS3(aws.endpoint);
    const everything = { ...ENV, ...env, ...s3.env };
    const lake = `s3://${BUCKET}/evolved`;
    const at = await prepare(
      'evolved',
      { path: `${lake}/unity` },
      { path: `${lake}/stage`, glue_table: 'sales.evolved' },
    );
    const config = JSON.parse(await readFile(at.file, 'utf8')) as object;
    const BOTH = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];
    expect((await world.run([...at.args, ...BOTH], everything)).code).toBe(0);
    const grown = join(world.folder, 'grown.parquet');
    await world.duckdb(
      `copy (select *, week * 10 as stock, product_id / 7 as weight
        from read_parquet('${source}/week-24.parquet')) to '${grown}' (format parquet)`,
    );
    const changes = {
      extractor_config: { strategy: 'PARQUET', source_table: grown },
      schema_contract: { new_columns: 'evolve' },
    };
    await writeFile(at.file, JSON.stringify({ ...config, ...changes }));
    const { line } = await world.run([...at.args, ...WEEK], everything);
    expect(line).toMatchObject({ status: 'completed', warnings: [] });
    const place = { DatabaseName: 'sales' };
    const { Table } = await glue.send(new GetTableCommand({ ...place, Name: 'evolved' }));
    const { Partitions = [] } = await glue.send(
      new GetPartitionsCommand({ ...place, TableName: 'evolved' }),
    );
    expect(Partitions).toHaveLength(2);
    for (const { StorageDescriptor } of [Table, ...Partitions].flatMap((each) => each ?? [])) {
      const columns = StorageDescriptor?.Columns?.slice(-2);
      expect(columns).toMatchObject([
        { Name: 'stock', Type: 'bigint' },
        { Name: 'weight', Type: 'double' },
      ]);
    }
    const verified = await world.start(['verify', '--config', at.file], everything, 'entry/dray.ts')
      .ended;
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    const never = new AbortController().signal;
    await world.session.useStorage(s3.openStorage(lake), never);
    await world.session.useExtension('delta', never);
    const [row] = await world.duckdb(
      `select count(*) filter (week = 24 and weight = product_id / 7 and stock = 240) as filled,
        count(*) filter (week = 24) as newer, count(weight) as weights,
        count(*) filter (week = 23) > 0 as has_older from delta_scan('${lake}/unity')`,
    );
    expect(row).toMatchObject({
      newer: row?.['filled'],
      weights: row?.['filled'],
      has_older: true,
    });
  });

  it('is loaded when the database is not there', async () => {
    const at = await prepare('no-database', {}, { glue_table: 'slaes.promotions' });
    const run = await world.run([...at.args, ...WEEK], { ...ENV, ...env });
    expect(run.line).toMatchObject({
      status: 'completed',
      warnings: [expect.stringMatching(/stage is loaded, but .*did you mean "sales"/)],
    });
  });
});
