import type { DuckDBConnection } from '@duckdb/node-api';
import type { PlanCell, PlanType } from '../../plan/types.ts';
import { loadBindings } from './bindings.ts';
import type { BulkSession } from './session.ts';
import { newWorkspace } from './workspace.ts';
import { writeVector } from './write-vectors.ts';

/** Rows that a vector holds. */
const CHUNK_ROWS = 2048;

export interface RowSink {
  /** Adds the rows of some columns that `selection` names. */
  append(columns: readonly (readonly PlanCell[])[], selection: readonly number[]): void;
}

/** Fills a table; its rows are there for others when it is closed. */
export interface Appender extends RowSink {
  close(): void;
  /** Closes it without the rows that are not in the table yet, if it is open. */
  abandon(): void;
}

/**
 * Fills a table with what the work appends.
 *
 * @param types - of the table's columns, which have the types of plan/duckdb.
 */
export async function appendRows<T>(
  session: BulkSession,
  table: string,
  types: readonly PlanType[],
  work: (sink: RowSink) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return await session.onConnection(
    async (connection) => {
      const appender = await openAppender(connection, table, types);
      try {
        const done = await work(appender);
        appender.close();
        return done;
      } catch (error) {
        appender.abandon();
        throw error;
      }
    },
    `append to ${table}`,
    signal,
  );
}

/**
 * Column by column and in whole chunks, which DuckDB collects: adding them to the table now and then,
 * instead of all of them at the end, costs it more than twice the time. The caller closes or abandons
 * it.
 */
export async function openAppender(
  connection: DuckDBConnection,
  table: string,
  types: readonly PlanType[],
): Promise<Appender> {
  const bindings = await loadBindings();
  const { DuckDBDataChunk } = await import('@duckdb/node-api');
  const appender = await connection.createAppender(table);
  const chunk = DuckDBDataChunk.create(types.map((_, index) => appender.columnType(index)));
  const buffers = types.map((type) => ({ type, values: new Array<PlanCell>(CHUNK_ROWS) }));
  const workspace = newWorkspace();
  let filled = 0;
  let isOpen = true;
  const addChunk = (): void => {
    if (filled === 0) return;
    bindings.data_chunk_reset(chunk.chunk);
    bindings.data_chunk_set_size(chunk.chunk, filled);
    for (const [index, { type, values }] of buffers.entries()) {
      const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
      writeVector(bindings, vector, type, values, filled, workspace);
    }
    appender.appendDataChunk(chunk);
    filled = 0;
  };
  return {
    append(columns, selection) {
      for (let from = 0; from < selection.length;) {
        const to = Math.min(selection.length, from + CHUNK_ROWS - filled);
        for (const [index, { values }] of buffers.entries()) {
          const column = columns[index] ?? [];
          let at = filled;
          for (let each = from; each < to; each++) {
            values[at++] = column[selection[each] ?? 0] ?? null;
          }
        }
        filled += to - from;
        from = to;
        if (filled === CHUNK_ROWS) addChunk();
      }
    },
    close() {
      addChunk();
      isOpen = false;
      appender.closeSync();
    },
    abandon() {
      if (!isOpen) return;
      isOpen = false;
      appender.clear();
      appender.closeSync();
    },
  };
}
