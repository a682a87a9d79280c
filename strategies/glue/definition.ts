import type {
  Column as GlueColumn,
  StorageDescriptor,
  Table,
  TableInput,
} from '@aws-sdk/client-glue';
import { JobError } from '../../core/errors.ts';
import type { Column, ColumnType, OutputContract } from '../../core/schema.ts';
import { catalogLocation, sameLocation } from '../catalog-location.ts';
import { formatOf } from './locate.ts';
import { displayName, type GlueTableName } from './table-name.ts';

const FORMAT = {
  InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  SerdeInfo: {
    SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    Parameters: { 'serialization.format': '1' },
  },
};
const PARAMETERS = { EXTERNAL: 'TRUE', classification: 'parquet' };

/**
 * The table that a folder of ours is. The partition column is a key and not among the columns,
 * although the files have it too: Hive's format knows it from the folders only, and engines that read
 * columns by name pass over it in the files.
 *
 * @param existing - what is there: its words and whatever else others put there stay.
 */
export function tableInput(
  name: GlueTableName,
  contract: OutputContract,
  location: string,
  existing: Table | undefined,
): TableInput {
  const { columns, partitionBy } = contract;
  const said = commentsOf(existing);
  const description = existing?.Description ?? contract.comment;
  return {
    Name: name.table,
    TableType: 'EXTERNAL_TABLE',
    ...(description === undefined ? {} : { Description: description }),
    ...(existing?.Owner === undefined ? {} : { Owner: existing.Owner }),
    ...(existing?.Retention === undefined ? {} : { Retention: existing.Retention }),
    Parameters: { ...existing?.Parameters, ...PARAMETERS },
    PartitionKeys: columns
      .filter((column) => column.name === partitionBy)
      .map((column) => glueColumn(column, said)),
    StorageDescriptor: storage(contract, location, said),
  };
}

/** Columns, place and format of a table or of one of its partitions. */
export function storage(
  { columns, partitionBy }: OutputContract,
  location: string,
  said: ReadonlyMap<string, string> = new Map(),
): StorageDescriptor {
  return {
    Columns: columns
      .filter((column) => column.name !== partitionBy)
      .map((column) => glueColumn(column, said)),
    Location: catalogLocation(location),
    ...FORMAT,
  };
}

/** What of a definition is not as wanted, in words; empty: nothing. */
export function differences(existing: Table, wanted: TableInput): readonly string[] {
  const { StorageDescriptor: is, PartitionKeys: keys, Parameters: has = {} } = existing;
  const { StorageDescriptor: should } = wanted;
  const isSet = Object.entries(PARAMETERS).every(([key, value]) => has[key] === value);
  return [
    ...(same(is?.Columns, should?.Columns) ? [] : ['columns']),
    ...(same(keys, wanted.PartitionKeys) ? [] : ['partition key comment']),
    ...(hasFormat(is) ? [] : ['format']),
    ...(isSet ? [] : ['parameters']),
    ...((existing.Description ?? '') === (wanted.Description ?? '') ? [] : ['description']),
  ];
}

/** Whether a partition is where and what it has to be. */
export function isSame(is: StorageDescriptor | undefined, should: StorageDescriptor): boolean {
  return (
    hasFormat(is) &&
    sameLocation(is?.Location ?? '', should.Location ?? '') &&
    same(typesOnly(is?.Columns), typesOnly(should.Columns))
  );
}

/** @throws JobError `TARGET_FAILED` when the name stands for something else than our folder. */
export function assertOurs(
  name: GlueTableName,
  existing: Table,
  location: string,
  { columns, partitionBy }: OutputContract,
): void {
  const shown = displayName(name);
  const format = formatOf(existing);
  const place = existing.StorageDescriptor?.Location ?? '';
  const type = columns.find((column) => column.name === partitionBy)?.type;
  const key = `${partitionBy} ${type === undefined ? '' : hiveType(type)}`;
  const keys = (existing.PartitionKeys ?? []).map(
    ({ Name, Type }) => `${Name ?? ''} ${Type ?? ''}`,
  );
  const wrong = [
    ...(format === 'PARQUET' ? [] : [`it is ${format}`]),
    ...(sameLocation(place, location)
      ? []
      : [`it is at "${place}", the load went to "${location}"`]),
    ...(keys.join() === key ? [] : [`its partition keys are (${keys.join(', ')}), not (${key})`]),
  ];
  if (wrong.length === 0) return;
  throw new JobError('TARGET_FAILED', `${shown} is another table: ${wrong.join('; ')}`, {
    hint: 'choose another "glue_table", or drop that one',
  });
}

function glueColumn(
  { name, type, comment }: Column,
  said: ReadonlyMap<string, string>,
): GlueColumn {
  const words = said.get(name) ?? comment;
  // Glue takes 255 characters.
  return { Name: name, Type: hiveType(type), ...(words && { Comment: words.slice(0, 255) }) };
}

/** Types as Athena and Hive name them. */
function hiveType(type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'int';
    case 'int64':
      return 'bigint';
    case 'float64':
      return 'double';
    case 'decimal':
      return `decimal(${String(type.precision)},${String(type.scale)})`;
    case 'string':
    case 'binary':
    case 'date':
    case 'timestamp':
      return type.kind;
  }
}

function hasFormat(is: StorageDescriptor | undefined): boolean {
  return (
    is?.InputFormat === FORMAT.InputFormat &&
    is.OutputFormat === FORMAT.OutputFormat &&
    is.SerdeInfo?.SerializationLibrary === FORMAT.SerdeInfo.SerializationLibrary
  );
}

function commentsOf(table: Table | undefined): ReadonlyMap<string, string> {
  const columns = [...(table?.StorageDescriptor?.Columns ?? []), ...(table?.PartitionKeys ?? [])];
  return new Map(
    columns.flatMap(({ Name = '', Comment = '' }) => (Comment === '' ? [] : [[Name, Comment]])),
  );
}

function typesOnly(columns: readonly GlueColumn[] = []): readonly GlueColumn[] {
  return columns.map(({ Name, Type }) => ({ Name, Type }));
}

function same(is: readonly GlueColumn[] = [], should: readonly GlueColumn[] = []): boolean {
  const text = (columns: readonly GlueColumn[]) =>
    JSON.stringify(columns.map(({ Name, Type, Comment = '' }) => [Name, Type, Comment]));
  return text(is) === text(should);
}
