import { mkdir } from 'node:fs/promises';
import { identifier, quote } from '../../core/engine.ts';
import type { Relation } from '../../plan/plan.ts';
import type { PlanRow, PlanSession, ResultWatch } from '../../plan/session.ts';
import { assertRunsOn } from '../../plan/support.ts';
import type { BulkSession } from '../bulk/session.ts';
import { byPartition } from '../bulk/shares.ts';
import { rowOf } from './row-errors.ts';
import { runPlan } from './run-plan.ts';
import { spool } from './spool.ts';
import { droppedRows, noPause, type PlanRun } from './stream.ts';

export interface RowOptions {
  /**
   * What one step may hold, in bytes, by estimate: the hashes of a dedupe's keys and its rows that are
   * not unique, a join's right side, the groups of an aggregate, the rows to sort. Default 512 MiB;
   * beyond it a plan fails with `ENGINE_OUT_OF_MEMORY`.
   */
  readonly maxHeldBytes?: number;
}

/** {@link RowOptions.maxHeldBytes} unless it is set. */
export const MAX_HELD_BYTES = 512 * 2 ** 20;

/**
 * Runs plans in TypeScript, row by row. DuckDB reads the sources and writes the files and does nothing
 * else. Takes the session over: closing the plans closes it.
 */
export function openRowPlans(
  sql: BulkSession,
  { maxHeldBytes = MAX_HELD_BYTES }: RowOptions = {},
): PlanSession {
  let spools = 0;

  /** A plan's rows on disk, by a query, for as long as the work takes. */
  async function withRows<T>(
    relation: Relation,
    watch: ResultWatch,
    work: (query: string, run: PlanRun) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    assertRunsOn(relation.node, 'row');
    spools += 1;
    let rows = 0;
    const spooled = await spool(
      sql,
      `dray_rows_${String(spools)}`,
      relation.node.fields,
      (sink) =>
        runPlan(
          sql,
          relation,
          { watch, maxHeldBytes },
          {
            emit({ columns, selection }) {
              sink.append(columns, selection);
              rows += selection.length;
              watch.onRows(rows);
            },
            pause: () => sink.pause(),
          },
          signal,
        ),
      signal,
    );
    const done = await work(spooled.query, spooled.done);
    await spooled.remove();
    return done;
  }

  return {
    engine: 'row',
    sql,
    async bind(name, query, signal) {
      await sql.run(`create or replace view ${identifier(name)} as ${query}`, signal);
    },
    async collect(relation, signal) {
      const rows: PlanRow[] = [];
      await runPlan(
        sql,
        relation,
        { watch: {}, maxHeldBytes },
        {
          emit({ columns, selection }) {
            for (const row of selection) rows.push(rowOf(relation.node.fields, columns, row));
          },
          pause: noPause,
        },
        signal,
      );
      return rows;
    },
    async writeFile(relation, path, signal) {
      return await withRows(
        relation,
        NOBODY,
        async (query) => {
          await sql.run(
            `copy (${query}) to ${quote(path)} (format parquet, compression zstd)`,
            signal,
          );
          const counted = await sql.parquet.rows([path], signal);
          return [...counted.values()].reduce((sum, rows) => sum + rows, 0);
        },
        signal,
      );
    },
    async writePartitions({ relation, partitionBy }, directory, watch, signal) {
      await mkdir(directory, { recursive: true });
      return await withRows(
        relation,
        watch,
        async (query, run) => {
          const files = await sql.writePartitions(query, partitionBy, directory, signal);
          return { files: [...files].sort(byPartition), dropped: droppedRows(run) };
        },
        signal,
      );
    },
    async [Symbol.asyncDispose]() {
      await sql[Symbol.asyncDispose]();
    },
  };
}

const NOBODY: ResultWatch = {
  onRows() {
    // Nobody watches a file being written.
  },
};
