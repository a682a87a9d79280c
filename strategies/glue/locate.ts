import type { Table } from '@aws-sdk/client-glue';
import { JobError } from '../../core/errors.ts';
import { isBelow } from '../catalog-location.ts';
import { displayName, isGlueName, parseGlueName } from './table-name.ts';

export interface Located {
  readonly location: string;
  /** As messages name the source. */
  readonly shown: string;
}

/**
 * Where the source is that a config names: a location stays what it is, a table of Glue is looked up.
 *
 * @throws JobError `SOURCE_NOT_FOUND`, `SOURCE_DENIED`, `SOURCE_UNAVAILABLE`; `NOT_SUPPORTED` for a
 *   table of another format, or one whose partitions are elsewhere.
 */
export async function locateSource(
  sourceTable: string,
  format: 'PARQUET' | 'DELTA',
  signal: AbortSignal,
): Promise<Located> {
  if (!isGlueName(sourceTable)) return { location: sourceTable, shown: sourceTable };
  const name = parseGlueName(sourceTable, 'source_table');
  const shown = displayName(name);
  const { openGlueTable } = await import('./client.ts');
  using glue = openGlueTable(name, 'SOURCE');
  const table = await glue.get(signal);
  if (table === undefined) {
    const near = await glue.nearest(signal);
    throw new JobError('SOURCE_NOT_FOUND', `there is no table ${shown}`, {
      hint:
        near === undefined
          ? `database "${name.database}" is there: check the table's name`
          : `did you mean "${near}"?`,
    });
  }
  const found = formatOf(table);
  if (found !== format) throw wrongFormat(shown, found, format);
  const location = locationOf(table);
  if (location === '') {
    throw new JobError('SOURCE_UNREADABLE', `${shown} has no location`, {
      hint: 'name the folder of its files instead',
    });
  }
  if (format === 'PARQUET' && (table.PartitionKeys ?? []).length > 0) {
    for (const { Values = [], StorageDescriptor } of await glue.partitions(signal)) {
      const place = StorageDescriptor?.Location ?? '';
      if (isBelow(place, location)) continue;
      throw new JobError(
        'NOT_SUPPORTED',
        `${shown}: partition ${Values.join('/')} is at "${place}", outside of "${location}"`,
        { hint: 'partitions are read by their folders below the table: move that one there' },
      );
    }
  }
  return { location, shown: `${shown} at ${location}` };
}

/** What a table is, as its parameters or its SerDe say; the strategy's name where there is one. */
export function formatOf({ Parameters = {}, StorageDescriptor, TableType }: Table): string {
  if (TableType === 'VIRTUAL_VIEW') return 'VIEW';
  const { SerdeInfo, InputFormat = '' } = StorageDescriptor ?? {};
  const library = SerdeInfo?.SerializationLibrary ?? '';
  // Manifests of a Delta table for engines that know no Delta: not the table itself.
  if (InputFormat.endsWith('SymlinkTextInputFormat')) return 'SYMLINK';
  const declared = Parameters['table_type'] ?? Parameters['spark.sql.sources.provider'];
  if (declared !== undefined) return declared.toUpperCase();
  if (/hudi|hoodie/i.test(InputFormat)) return 'HUDI';
  if (/parquet/i.test(library)) return 'PARQUET';
  const rest = Parameters['classification'] ?? library.split('.').at(-1) ?? '';
  return rest === '' ? 'UNKNOWN' : rest.toUpperCase();
}

/** Spark keeps the folder of a table of its own among the SerDe's parameters. */
function locationOf({ StorageDescriptor, Parameters }: Table): string {
  const path = StorageDescriptor?.SerdeInfo?.Parameters?.['path'];
  const isSparks = Parameters?.['spark.sql.sources.provider'] !== undefined;
  return (isSparks ? path : undefined) ?? StorageDescriptor?.Location ?? '';
}

function wrongFormat(shown: string, found: string, wanted: string): JobError {
  const isReadable = found === 'PARQUET' || found === 'DELTA';
  return new JobError('NOT_SUPPORTED', `${shown} is ${found}, the reader is "${wanted}"`, {
    hint: isReadable
      ? `set "strategy" to "${found}"`
      : found === 'SYMLINK'
        ? 'these are manifests of a Delta table: name its own folder with strategy "DELTA"'
        : 'tables of PARQUET and DELTA can be read by name',
  });
}
