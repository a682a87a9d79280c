import { readFile } from 'node:fs/promises';
import { logFileOf, versions } from './files.ts';

export interface Added {
  readonly size: number;
  readonly rows: number;
  /** The least `id` in its statistics. */
  readonly least: number;
}

interface LogLine {
  readonly add?: {
    readonly path: string;
    readonly size: number;
    readonly stats: string;
    readonly partitionValues: { readonly week: string };
  };
  readonly remove?: { readonly path: string };
}

/** The files of a week that the table has now, as its log tells of them. */
export async function addsOf(path: string, week: string): Promise<readonly Added[]> {
  const adds = new Map<string, Added>();
  for (const version of await versions(path)) {
    const text = await readFile(logFileOf(path, Number(version)), 'utf8');
    for (const line of text.trim().split('\n')) {
      const { add, remove } = JSON.parse(line) as LogLine;
      if (remove !== undefined) adds.delete(remove.path);
      if (add?.partitionValues.week !== week) continue;
      const { numRecords, minValues } = JSON.parse(add.stats) as {
        numRecords: number;
        minValues: { id: number };
      };
      adds.set(add.path, { size: add.size, rows: numRecords, least: minValues.id });
    }
  }
  return [...adds.values()];
}
