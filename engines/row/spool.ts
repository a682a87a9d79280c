import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identifier, quote } from '../../core/engine.ts';
import { duckDbType } from '../../plan/duckdb/types.ts';
import type { Field } from '../../plan/types.ts';
import { openAppender, type RowSink } from '../bulk/appender.ts';
import type { BulkSession } from '../bulk/session.ts';

/** Rows of one table and file: some 10 MB of a table of 18 columns. */
const SEGMENT_ROWS = 40_960;

export interface Spool extends RowSink {
  /** Waits, when a segment is full, until there is room for the next. */
  pause(): Promise<void>;
}

export interface Spooled<T> {
  readonly done: T;
  /** SQL of the rows. */
  readonly query: string;
  /** Takes the files away. */
  remove(): Promise<void>;
}

/**
 * Rows on their way to the disk: they are appended to a table in memory, and DuckDB writes each full
 * table to a Parquet file while the next one is filled. So no more than two are in memory, and this
 * thread does not wait for the disk. The tables are in a session of their own: one whose rows are
 * being read, as the source is all the time, keeps what is dropped meanwhile.
 *
 * @param name - of a folder in the session's own; nobody else may use it.
 */
export async function spool<T>(
  session: BulkSession,
  name: string,
  fields: readonly Field[],
  work: (sink: Spool) => Promise<T>,
  signal: AbortSignal,
): Promise<Spooled<T>> {
  const folder = join(session.scratchDir, name);
  await mkdir(folder);
  const files: string[] = [];
  let writing: Promise<void> = Promise.resolve();

  await using tables = await session.openAnother(1, signal);

  const write = async (table: string, path: string): Promise<void> => {
    const options = '(format parquet, compression lz4_raw)';
    await tables.run(`copy ${identifier(table)} to ${quote(path)} ${options}`, signal);
    await tables.run(`drop table ${identifier(table)}`, signal);
  };

  const done = await tables.onConnection(
    async (connection) => {
      const open = async () => {
        const table = `segment_${String(files.length)}`;
        const columns = fields.map(
          (field) => `${identifier(field.name)} ${duckDbType(field.type)}`,
        );
        await tables.run(`create table ${identifier(table)} (${columns.join(', ')})`, signal);
        const types = fields.map((field) => field.type);
        return { table, appender: await openAppender(connection, table, types), rows: 0 };
      };
      let segment = await open();
      const finish = async () => {
        await writing;
        segment.appender.close();
        const path = join(folder, `${segment.table}.parquet`);
        files.push(path);
        writing = write(segment.table, path);
        // Its error is met where it is waited for.
        writing.catch(ignore);
      };
      try {
        const result = await work({
          append(columns, selection) {
            segment.appender.append(columns, selection);
            segment.rows += selection.length;
          },
          async pause() {
            if (segment.rows < SEGMENT_ROWS) return;
            await finish();
            segment = await open();
          },
        });
        await finish();
        await writing;
        return result;
      } catch (error) {
        segment.appender.abandon();
        throw error;
      } finally {
        await Promise.allSettled([writing]);
      }
    },
    `append to ${name}`,
    signal,
  );
  return {
    done,
    query: `from read_parquet([${files.map(quote).join(', ')}], hive_partitioning = false)`,
    async remove() {
      await rm(folder, { recursive: true });
    },
  };
}

function ignore(): void {
  // See where it is passed.
}
