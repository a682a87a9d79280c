import {
  BatchCreatePartitionCommand,
  BatchDeletePartitionCommand,
  BatchUpdatePartitionCommand,
  CreateTableCommand,
  GetDatabasesCommand,
  GetTableCommand,
  GlueClient,
  type Partition,
  type PartitionError,
  type PartitionInput,
  paginateGetPartitions,
  paginateGetTables,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { JobError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { glueError, isNotFound, type Side } from './errors.ts';
import { displayName, type GlueTableName } from './table-name.ts';

/** One table of the Glue Data Catalog. Every method throws JobErrors of its side. */
export interface GlueTable extends Disposable {
  /** @throws JobError `SOURCE_NOT_FOUND` or `TARGET_FAILED` when there is no such database. */
  get(signal: AbortSignal): Promise<Table | undefined>;
  /** What somebody may have meant by a table that is not there. */
  nearest(signal: AbortSignal): Promise<string | undefined>;
  partitions(signal: AbortSignal): Promise<readonly Partition[]>;
  create(input: TableInput, signal: AbortSignal): Promise<void>;
  /** @param version - that `input` was made from: a table that changed since stays as it is. */
  update(input: TableInput, version: string | undefined, signal: AbortSignal): Promise<void>;
  /** At most 100. */
  readonly createPartitions: (
    list: readonly PartitionInput[],
    signal: AbortSignal,
  ) => Promise<void>;
  /** At most 100. */
  readonly updatePartitions: (
    list: readonly PartitionInput[],
    signal: AbortSignal,
  ) => Promise<void>;
  /** At most 25. */
  deletePartitions(values: readonly (readonly string[])[], signal: AbortSignal): Promise<void>;
}

/**
 * Opens a table with the credentials that the AWS SDK finds. Load this file when it is needed: so the
 * bundle has the calls that are made here, and a run that needs none does not load the client.
 */
export function openGlueTable(name: GlueTableName, side: Side): GlueTable {
  const { database, table, region, catalogId } = name;
  const client = new GlueClient(region === undefined ? {} : { region });
  const shown = displayName(name);
  const catalog = catalogId === undefined ? {} : { CatalogId: catalogId };
  const at = { ...catalog, DatabaseName: database };
  const called = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      throw glueError(error, shown, side);
    }
  };

  async function tableNames(signal: AbortSignal): Promise<readonly string[]> {
    const names: string[] = [];
    const pages = paginateGetTables({ client }, { ...at }, { abortSignal: signal });
    for await (const { TableList = [] } of pages)
      names.push(...TableList.map(({ Name = '' }) => Name));
    return names;
  }

  return {
    get: (signal) =>
      called(signal, async () => {
        try {
          const answer = await client.send(new GetTableCommand({ ...at, Name: table }), {
            abortSignal: signal,
          });
          return answer.Table;
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
        const { DatabaseList = [] } = await client.send(new GetDatabasesCommand(catalog), {
          abortSignal: signal,
        });
        const databases = DatabaseList.map(({ Name = '' }) => Name);
        if (databases.includes(database)) return undefined;
        const near = nearest(database, databases);
        throw new JobError(
          side === 'SOURCE' ? 'SOURCE_NOT_FOUND' : 'TARGET_FAILED',
          `${shown}: there is no database "${database}"`,
          {
            hint:
              near === undefined
                ? 'check the name, the region (AWS_REGION) and the account'
                : `did you mean "${near}"?`,
          },
        );
      }),
    nearest: (signal) => called(signal, async () => nearest(table, await tableNames(signal))),
    partitions: (signal) =>
      called(signal, async () => {
        const found: Partition[] = [];
        const pages = paginateGetPartitions(
          { client },
          { ...at, TableName: table },
          { abortSignal: signal },
        );
        for await (const { Partitions = [] } of pages) found.push(...Partitions);
        return found;
      }),
    create: (input, signal) =>
      called(signal, async () => {
        await client.send(new CreateTableCommand({ ...at, TableInput: input }), {
          abortSignal: signal,
        });
      }),
    update: (input, version, signal) =>
      called(signal, async () => {
        await client.send(
          new UpdateTableCommand({
            ...at,
            TableInput: input,
            // An archived version for each load would be of no use.
            SkipArchive: true,
            ...(version === undefined ? {} : { VersionId: version }),
          }),
          { abortSignal: signal },
        );
      }),
    createPartitions: (list, signal) =>
      called(signal, async () => {
        const { Errors } = await client.send(
          new BatchCreatePartitionCommand({
            ...at,
            TableName: table,
            PartitionInputList: [...list],
          }),
          { abortSignal: signal },
        );
        assertDone(shown, Errors, 'AlreadyExistsException');
      }),
    updatePartitions: (list, signal) =>
      called(signal, async () => {
        const { Errors = [] } = await client.send(
          new BatchUpdatePartitionCommand({
            ...at,
            TableName: table,
            Entries: list.map((input) => ({
              PartitionValueList: input.Values,
              PartitionInput: input,
            })),
          }),
          { abortSignal: signal },
        );
        assertDone(
          shown,
          Errors.map(({ PartitionValueList, ErrorDetail }) => ({
            PartitionValues: PartitionValueList,
            ErrorDetail,
          })),
        );
      }),
    deletePartitions: (values, signal) =>
      called(signal, async () => {
        const { Errors } = await client.send(
          new BatchDeletePartitionCommand({
            ...at,
            TableName: table,
            PartitionsToDelete: values.map((each) => ({ Values: [...each] })),
          }),
          { abortSignal: signal },
        );
        assertDone(shown, Errors, 'EntityNotFoundException');
      }),
    [Symbol.dispose]() {
      client.destroy();
    },
  };
}

/**
 * A batch succeeds as a call while some of it fails.
 *
 * @param unless - the error that says that somebody else did it first.
 */
function assertDone(shown: string, errors: readonly PartitionError[] = [], unless?: string): void {
  const [first] = errors.filter(({ ErrorDetail }) => ErrorDetail?.ErrorCode !== unless);
  if (first === undefined) return;
  const { ErrorCode = '', ErrorMessage = '' } = first.ErrorDetail ?? {};
  const values = first.PartitionValues?.join('/') ?? '';
  throw new JobError(
    'TARGET_FAILED',
    `${shown}, partition ${values}: ${ErrorCode} ${ErrorMessage}`,
    {
      hint: 'the message is that of Glue',
    },
  );
}
