import type { Column, ColumnType, OutputContract } from '../../../core/schema.ts';
import type { TargetState } from '../../../core/strategy.ts';
import { sparkName, sparkText } from '../../../plan/spark/names.ts';
import { partitionColumns } from './partitioning.ts';
import { lackingColumns } from './schema-string.ts';
import { tableOf, type Snapshot } from './snapshot.ts';
import { coveredFiles } from './target-rows.ts';
import type { DeltaTarget } from './target.ts';

/** The table as it is, and the statement that would make it, in Spark's words. */
export function describeTable(target: DeltaTarget, snapshot: Snapshot): TargetState {
  const { storage, request, properties } = target;
  const table = tableOf(snapshot);
  const exists = table !== undefined;
  const lacking = exists ? lackingColumns(table.metaData.schemaString, request.contract) : [];
  return {
    exists,
    ...(lacking.length === 0 ? {} : { alter: alterStatement(storage.root, lacking) }),
    create: createStatement(
      storage.root,
      request.contract,
      partitionColumns(target, table),
      properties,
    ),
    files: exists ? coveredFiles(snapshot, request).length : 0,
  };
}

function createStatement(
  path: string,
  { columns, comment }: OutputContract,
  partitionBy: readonly string[],
  properties: Readonly<Record<string, string>>,
): string {
  const set = Object.entries(properties).map((entry) => entry.map(sparkText).join(' = '));
  const lines = columns.map(
    (column) =>
      `  ${sparkName(column.name)} ${sparkType(column.type)}${column.nullable ? '' : ' not null'}${commented(column.comment)}`,
  );
  return [
    `create table delta.${sparkName(path)} (`,
    lines.join(',\n'),
    `) using delta partitioned by (${partitionBy.map(sparkName).join(', ')})${commented(comment)}`,
    ...(set.length === 0 ? [] : [`tblproperties (${set.join(', ')})`]),
  ].join('\n');
}

function alterStatement(path: string, columns: readonly Column[]): string {
  const added = columns.map(({ name, type }) => `${sparkName(name)} ${sparkType(type)}`);
  return `alter table delta.${sparkName(path)} add columns (${added.join(', ')})`;
}

function commented(comment: string | undefined): string {
  return comment === undefined ? '' : ` comment ${sparkText(comment)}`;
}

/** Lengths of texts are not kept: Delta's own schema has none. */
export function sparkType(type: ColumnType): string {
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
    default:
      return type.kind;
  }
}
