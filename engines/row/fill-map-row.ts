import { identifier } from '../../core/engine.ts';
import { duckDbType } from '../../plan/duckdb/types.ts';
import { appendRows } from '../bulk/appender.ts';
import { streamRows } from '../bulk/chunks.ts';
import type { FillMapRow } from '../bulk/preparation.ts';
import { mapBatch } from './map-row.ts';
import { failuresOf } from './row-errors.ts';

/** Runs the functions of TypeScript in the plans of the bulk engine. */
export const fillMapRow: FillMapRow = async (session, step, query, table, watch, signal) => {
  const columns = step.fields.map(({ name, type }) => `${identifier(name)} ${duckDbType(type)}`);
  await session.run(`create table ${identifier(table)} (${columns.join(', ')})`, signal);
  const { fields } = step.input;
  const failures = failuresOf({ onRowError: watch.onRowError }, step, fields, true);
  await appendRows(
    session,
    table,
    step.fields.map(({ type }) => type),
    async (sink) => {
      await streamRows(
        session,
        query,
        fields.map(({ type }) => type),
        ({ columns: cells, size }) => {
          const all = Array.from({ length: size }, (_, row) => row);
          const mapped = mapBatch(step, fields, { columns: cells, size, selection: all }, failures);
          sink.append(mapped.columns, mapped.selection);
        },
        signal,
      );
    },
    signal,
  );
};
