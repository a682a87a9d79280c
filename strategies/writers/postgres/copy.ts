import {
  columnList,
  type ComputedResult,
  quote,
  type ResultFile,
  type SqlSession,
} from '../../../core/engine.ts';
import { attach } from '../../postgres/attach.ts';
import type { Endpoint } from '../../postgres/endpoint.ts';
import { copyError } from '../../postgres/errors.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';

/** From this many rows on a second stream pays for itself; the server then uses two cores. */
const SECOND_STREAM_ROWS = 1_000_000;
/** Name of the attached database. */
const TARGET = 'target';

/**
 * Brings the result's files into an empty table; on failure some rows may be in it.
 *
 * @param onRows - gets rows sent since the last call.
 */
export type CopyInto = (
  session: SqlSession,
  endpoint: Endpoint,
  table: TableName,
  result: ComputedResult,
  onRows: (rows: number) => void,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Copies the result's files into an empty table: DuckDB reads the Parquet files and sends them
 * with COPY in the binary format.
 */
export const copyInto: CopyInto = async (session, endpoint, table, result, onRows, signal) => {
  const filled = result.files.filter((file) => file.rows > 0);
  if (filled.length === 0) return;
  const columns = columnList(result.contract.columns);
  // An insert is one thread's work. Idle threads beside it were measured to burn up to three times
  // the work's own CPU time, which the server needs; without any, each caller's thread does its own.
  await using copier = await session.openAnother(1, signal);
  await attach(
    copier,
    endpoint,
    { name: TARGET, schema: table.schema, access: 'read_write' },
    signal,
  );
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const streams = split(filled, result.rows >= SECOND_STREAM_ROWS ? 2 : 1);
  const outcomes = await Promise.allSettled(
    streams.map(async (files) => {
      try {
        const paths = files.map((file) => quote(file.path)).join(', ');
        const toShare = rowCounter(files, onRows);
        await copier.run(
          `insert into ${TARGET}.${qualified(table)} (${columns})
           select ${columns} from read_parquet([${paths}], hive_partitioning = false)`,
          either,
          toShare,
        );
        toShare(1);
      } catch (error) {
        // The first failure is the one to tell; the other stream ends because of it.
        if (!failed.signal.aborted) failed.abort(error);
        throw error;
      }
    }),
  );
  signal.throwIfAborted();
  if (outcomes.some(({ status }) => status === 'rejected')) {
    throw copyError(failed.signal.reason, endpoint.party);
  }
};

/** Groups of about equal size in bytes, largest files first into the smallest group. */
function split(files: readonly ResultFile[], streams: number): ResultFile[][] {
  const groups = Array.from({ length: streams }, () => ({ bytes: 0, files: [] as ResultFile[] }));
  for (const file of [...files].sort((a, b) => b.bytes - a.bytes)) {
    const smallest = groups.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    smallest.files.push(file);
    smallest.bytes += file.bytes;
  }
  return groups.map((group) => group.files).filter((group) => group.length > 0);
}

/** Turns the done share of a stream into rows since the last call. */
export function rowCounter(files: readonly ResultFile[], onRows: (rows: number) => void) {
  const total = files.reduce((sum, file) => sum + file.rows, 0);
  let told = 0;
  return (share: number): void => {
    const rows = Math.floor(total * share) - told;
    if (rows <= 0) return;
    told += rows;
    onRows(rows);
  };
}
