import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { asSpark, identifier, quote, type SqlSession } from '../../core/engine.ts';
import type { Source } from '../../core/strategy.ts';
import { sparkName, sparkText } from '../../plan/spark/names.ts';
import type { Row } from '../postgres/connection.ts';
import { csvLine, fetched, jsonLine } from '../redshift/fetch-rows.ts';
import {
  type RedshiftColumn,
  sparkTypeOf,
  taken,
  takenOnSpark,
} from '../redshift/source-columns.ts';
import { copiedSource, copyRows, type Described } from './jdbc-copy.ts';
import { sparkRows } from './jdbc-spark-rows.ts';

/** How an engine takes the rows that a cluster has sent, as a copy of its own in the session's folder. */
export interface Intake {
  /** A row that came over the connection, as a line of the file that `lines` reads. */
  readonly line: (row: Row) => string;
  /** Of such a file. */
  lines(path: string, signal: AbortSignal): Promise<Source>;
  /** Of the files that UNLOAD wrote; none of them: no row. */
  files(paths: readonly string[], signal: AbortSignal): Promise<Source>;
}

/** @param columns - of the rows, in the order of `described`. */
export function openIntake(
  session: SqlSession,
  described: Described,
  columns: readonly RedshiftColumn[],
): Intake {
  return session.engine === 'bigdata'
    ? intakeOfSpark(session, described, columns)
    : intakeOfDuckDb(session, described, columns);
}

function intakeOfDuckDb(
  session: SqlSession,
  described: Described,
  columns: readonly RedshiftColumn[],
): Intake {
  const copyOf = async (rows: string, signal: AbortSignal): Promise<Source> => {
    const file = join(session.scratchDir, `redshift-${randomUUID()}.parquet`);
    await copyRows(session, rows, file, signal);
    return copiedSource(described, [file]);
  };
  const none = columns.map(({ name, type }) => `cast(null as ${type}) as ${identifier(name)}`);
  return {
    line: (row) => csvLine(row, columns),
    async lines(path, signal) {
      return await copyOf(fetched(path, columns), signal);
    },
    async files(paths, signal) {
      if (paths.length === 0) return await copyOf(`select ${none.join(', ')} where false`, signal);
      const list = paths.map(quote).join(', ');
      const rows = `select ${columns.map(taken).join(', ')} from read_parquet([${list}], hive_partitioning = false)`;
      return await copyOf(rows, signal);
    },
  };
}

function intakeOfSpark(
  session: SqlSession,
  described: Described,
  columns: readonly RedshiftColumn[],
): Intake {
  const spark = asSpark(session);
  const copyOf = async (rows: string, signal: AbortSignal): Promise<Source> => {
    const path = join(spark.scratchDir, `redshift-${randomUUID()}`);
    await spark.write(rows, { format: 'parquet', mode: 'error', path }, signal);
    const { name } = await spark.openSource({ format: 'parquet', paths: [path] }, signal);
    return { ...described, ...sparkRows(name, described) };
  };
  const none = columns.map(
    (column) => `cast(null as ${sparkTypeOf(column)}) as ${sparkName(column.name)}`,
  );
  return {
    line: (row) => jsonLine(row, columns),
    async lines(path, signal) {
      const view = sparkName(`redshift_${randomUUID().replaceAll('-', '_')}`);
      const texts = columns.map(({ name }) => `${sparkName(name)} string`).join(', ');
      // A line that is none would be a row of nulls.
      const options = `path ${sparkText(path)}, mode 'FAILFAST', lineSep '\\n'`;
      await spark.run(
        `create temporary view ${view} (${texts}) using json options (${options})`,
        signal,
      );
      const typed = columns.map(
        (column) =>
          `cast(${sparkName(column.name)} as ${sparkTypeOf(column)}) as ${sparkName(column.name)}`,
      );
      return await copyOf(`select ${typed.join(', ')} from ${view}`, signal);
    },
    async files(paths, signal) {
      if (paths.length === 0) return await copyOf(`select ${none.join(', ')} where false`, signal);
      const { name } = await spark.openSource({ format: 'parquet', paths }, signal);
      return await copyOf(`select ${columns.map(takenOnSpark).join(', ')} from ${name}`, signal);
    },
  };
}
