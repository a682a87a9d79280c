import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GlueClient,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { afterGlueLoad } from '../../../strategies/glue/catalog.ts';
import { parseGlueName } from '../../../strategies/glue/table-name.ts';
import { partitionFolder } from '../../../strategies/writers/parquet/layout.ts';
import { type Aws, CREDENTIALS, startMoto, withoutMoto } from '../../aws/moto.ts';
import { CONTRACT } from '../parquet/harness.ts';

export const forever = new AbortController().signal;
const DATABASE = 'sales';

/** A Glue of the suite's own with the database `sales`; each test has a table's name and folder. */
export interface GlueScene {
  table: string;
  path: string;
  location: string;
  /** The partitions that a load left in the folder. */
  weeks: readonly string[];
  endpoint: string;
  /** Does all steps after a load; returns their texts. */
  register(location?: string, name?: string): Promise<readonly string[]>;
  tableThere(): Promise<Table>;
  /** Locations by week. */
  partitionsThere(): Promise<Readonly<Record<string, string | undefined>>>;
  create(input: Partial<TableInput>): Promise<void>;
  update(input: Partial<TableInput>): Promise<void>;
}

export function describeGlue(title: string, suite: (at: GlueScene) => void): void {
  (withoutMoto === '' ? describe : describe.skip)(`${title}${withoutMoto}`, () => {
    let aws: Aws;
    let glue: GlueClient;
    let folder: string;
    let names = 0;
    const before = { ...process.env };
    const at: GlueScene = {
      ...{ table: '', path: '', location: '', weeks: [], endpoint: '' },
      async register(location = at.location, name = `${DATABASE}.${at.table}`) {
        const partitions = () =>
          Promise.resolve(
            at.weeks.map((value) => ({ value, folder: partitionFolder('week', value) })),
          );
        const loaded = { location, contract: CONTRACT, partitions };
        const hook = afterGlueLoad(parseGlueName(name, 'glue_table'), loaded);
        await using work = await hook.open(forever);
        for (const step of work.steps) await step.run(forever);
        return work.steps.map(({ text }) => text);
      },
      async tableThere() {
        const request = { DatabaseName: DATABASE, Name: at.table };
        const { Table: found } = await glue.send(new GetTableCommand(request));
        if (found === undefined) throw new Error(`there is no table ${at.table}`);
        return found;
      },
      async partitionsThere() {
        const request = { DatabaseName: DATABASE, TableName: at.table };
        const { Partitions = [] } = await glue.send(new GetPartitionsCommand(request));
        return Object.fromEntries(
          Partitions.map(({ Values = [], StorageDescriptor }) => [
            Values.join('/'),
            StorageDescriptor?.Location,
          ]),
        );
      },
      async create(input) {
        const TableInput = { Name: at.table, ...input };
        await glue.send(new CreateTableCommand({ DatabaseName: DATABASE, TableInput }));
      },
      async update(input) {
        const TableInput = { Name: at.table, ...input };
        await glue.send(new UpdateTableCommand({ DatabaseName: DATABASE, TableInput }));
      },
    };

    beforeAll(async () => {
      aws = await startMoto();
      at.endpoint = aws.endpoint;
      Object.assign(process.env, CREDENTIALS, {
        AWS_REGION: aws.region,
        AWS_ENDPOINT_URL_GLUE: aws.endpoint,
      });
      glue = new GlueClient({});
      await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DATABASE } }));
      folder = await mkdtemp(join(tmpdir(), 'dray-glue-'));
    });
    afterAll(async () => {
      process.env = before;
      glue.destroy();
      await rm(folder, { recursive: true });
      await aws[Symbol.asyncDispose]();
    });
    beforeEach(() => {
      names += 1;
      at.table = `promotions_${String(names)}`;
      at.path = join(folder, at.table);
      at.location = pathToFileURL(at.path).href;
      at.weeks = ['23', '24'];
    });

    suite(at);
  });
}
