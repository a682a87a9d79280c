import { identifier, quote } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Connection } from '../postgres/connection.ts';
import { castOf, sourceColumns } from '../redshift/source-columns.ts';

/** What a server's SQL has of its own for a cursor. */
export interface CursorSql {
  /** The column's type, as {@link CursorSql.value} names it. */
  typeOf(
    connection: Connection,
    from: string,
    column: string,
    signal: AbortSignal,
  ): Promise<string>;
  /** A value that the server has printed. */
  value(text: string, type: string): string;
}

export const postgresCursor: CursorSql = {
  async typeOf({ query }, from, column, signal) {
    const sql = `select pg_typeof(max(${identifier(column)}))::text as type from ${from} where false`;
    return (await query(sql, [], signal))[0]?.['type'] ?? '';
  },
  value: (text, type) => `${quote(text)}::${type}`,
};

/** A type's precision counts: a numeric without one has no fraction there, a varchar 256 bytes. */
export const redshiftCursor: CursorSql = {
  async typeOf(connection, from, column, signal) {
    const sql = `select ${identifier(column)} from ${from} where 1 = 0`;
    const [found] = sourceColumns(await connection.columns(sql, signal), `"${column}"`);
    if (found === undefined) throw new JobError('INTERNAL', `no column of ${sql}`);
    return castOf(found);
  },
  value(text, type) {
    // Whether it escapes is a setting of the cluster, and UNLOAD reads the literal once more.
    if (!text.includes('\\')) return `cast(${quote(text)} as ${type})`;
    throw new JobError('NOT_SUPPORTED', `the cursor "${text}" has a backslash`, {
      hint: 'name a column of numbers, dates or timestamps in "cursor_column"',
    });
  },
};
