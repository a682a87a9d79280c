import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { ResultFile } from '../../core/engine.ts';
import { sparkName } from '../../plan/spark/names.ts';

/** The folder that Spark makes per value; the column itself stays inside the files. */
export const PARTITION_FOLDER = '_dray_partition';
/** What Spark writes into a folder's name for null and for the empty string. */
const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__';

/** The query's rows with a copy of the partition column, one task per value so as to be one file. */
export function partitionedQuery(query: string, partitionBy: string): string {
  const copy = `cast(${sparkName(partitionBy)} as string) as ${sparkName(PARTITION_FOLDER)}`;
  return distributed(`select *, ${copy} from (${query})`, PARTITION_FOLDER);
}

/** One task per value of the column. */
export function distributed(query: string, by: string): string {
  return `select * from (${query}) distribute by ${sparkName(by)}`;
}

/** The files that Spark has written, which have to be on this machine's disks, by their folders. */
export async function resultFiles(
  counts: ReadonlyMap<string, number>,
): Promise<readonly ResultFile[]> {
  const files: ResultFile[] = [];
  for (const [path, rows] of [...counts].sort()) {
    const folder = basename(dirname(path));
    const value = decodeURIComponent(folder.slice(folder.indexOf('=') + 1));
    const { size } = await stat(path);
    files.push({
      partition: value === NULL_FOLDER ? '' : value,
      path,
      rows,
      bytes: size,
      columns: {},
    });
  }
  return files;
}
