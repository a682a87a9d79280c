import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asSpark, quote, type ResultFile, type SparkSqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import { sparkName } from '../../../plan/spark/names.ts';
import type { Table } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/** The table's property that says it, to us and to others that write the table. */
const PROPERTY = 'delta.targetFileSize';
/** As Delta counts bytes. */
const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * About how large a data file may become: what config says, else what the table says, or would say
 * should the load make it. Undefined: as large as its partition.
 */
export function targetFileBytes(
  { fileBytes, properties }: Pick<DeltaTarget, 'fileBytes' | 'properties'>,
  table: Table | undefined,
): number | undefined {
  const text = (table?.metaData.configuration ?? properties)[PROPERTY];
  return fileBytes ?? (text == null ? undefined : bytesOf(text));
}

/** @throws JobError `CONFIG_INVALID` for a size that nobody could read. */
export function assertFileSize(properties: Readonly<Record<string, string>>): void {
  const text = properties[PROPERTY];
  if (text === undefined || bytesOf(text) !== undefined) return;
  throw new JobError('CONFIG_INVALID', `"${PROPERTY}" cannot be "${text}"`, {
    hint: 'write bytes, or a number with a unit: 104857600, 100mb',
  });
}

function bytesOf(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+)\s*(?:([bkmg])b?)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
  return bytes > 0 ? bytes : undefined;
}

/**
 * The file, or files of as many rows each in its place when it is larger than that. They are written
 * one after the other, and gone when the next is asked for.
 */
export async function* cutToSize(
  { session, request, chance }: Pick<DeltaTarget, 'session' | 'request' | 'chance'>,
  file: ResultFile,
  bytes: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<ResultFile> {
  const parts = bytes === undefined ? 1 : Math.min(Math.ceil(file.bytes / bytes), file.rows);
  if (parts <= 1) {
    yield file;
    return;
  }
  if (session.engine === 'bigdata') {
    yield* cutOnSpark(asSpark(session), file, parts, signal);
    return;
  }
  const { partitionBy } = request.contract;
  for (let part = 0; part < parts; part++) {
    const folder = join(session.scratchDir, `part-${chance.uuid()}`);
    const [from, to] = [part, part + 1].map((each) => Math.floor((file.rows * each) / parts));
    const rows = `select * exclude (file_row_number)
      from read_parquet(${quote(file.path)}, file_row_number = true, hive_partitioning = false)
      where file_row_number >= ${String(from)} and file_row_number < ${String(to)}`;
    try {
      yield* await session.writePartitions(rows, partitionBy, folder, signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function* cutOnSpark(
  session: SparkSqlSession,
  file: ResultFile,
  parts: number,
  signal: AbortSignal,
): AsyncGenerator<ResultFile> {
  const source = { format: 'parquet', paths: [file.path] } as const;
  const { name, columns } = await session.openSource(source, signal);
  const folder = join(session.scratchDir, `${name}-parts`);
  const kept = columns.map((column) => sparkName(column.name)).join(', ');
  const part = `cast(__row * ${String(parts)} div ${String(file.rows)} as string)`;
  try {
    const rows = `select ${kept}, ${part} as __part from ${name}`;
    for (const each of await session.writeGroups(rows, '__part', folder, signal)) {
      yield { ...each, partition: file.partition };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** For a writer that counts rows, not bytes: how many of the result's rows make such a file. */
export function recordsPerFile(
  files: readonly ResultFile[],
  bytes: number | undefined,
): number | undefined {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  if (bytes === undefined || rows === 0 || total === 0) return undefined;
  return Math.max(1, Math.floor((bytes * rows) / total));
}
