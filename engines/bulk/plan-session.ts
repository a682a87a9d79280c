import { mkdir } from 'node:fs/promises';
import { identifier, quote } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { RelationNode } from '../../plan/relation.ts';
import type { PlanRow, PlanSession } from '../../plan/session.ts';
import { assertRunsOn } from '../../plan/support.ts';
import { streamRows } from './chunks.ts';
import { type FillMapRow, type Preparation, preparation } from './preparation.ts';
import type { BulkSession } from './session.ts';
import { writeShares } from './shares.ts';

/**
 * Runs plans as DuckDB's SQL. Takes the session over: closing the plans closes it.
 *
 * @param fillMapRow - runs the steps that are TypeScript; absent: they are refused.
 */
export function openBulkPlans(
  sql: BulkSession,
  fillMapRow: FillMapRow = refuseMapRow,
): PlanSession {
  let prepared = 0;
  const newPreparation = (
    options: Pick<Parameters<typeof preparation>[2], 'countDropped' | 'watch'>,
  ): Preparation => {
    prepared += 1;
    return preparation(sql, `dray_prepared_${String(prepared)}`, { ...options, fillMapRow });
  };

  /** One query of a plan whose dropped rows nobody asks for. */
  async function withQuery<T>(
    node: RelationNode,
    signal: AbortSignal,
    work: (query: string) => Promise<T>,
  ): Promise<T> {
    assertRunsOn(node, 'bulk');
    const plans = newPreparation({ countDropped: false, watch: {} });
    const ready = await plans.prepare(node, signal);
    const done = await work(plans.print(ready));
    await plans.clear(signal);
    return done;
  }

  return {
    engine: 'bulk',
    sql,
    async bind(name, query, signal) {
      await sql.run(`create or replace view ${identifier(name)} as ${query}`, signal);
    },
    async collect({ node }, signal) {
      return await withQuery(node, signal, async (query) => {
        const rows: PlanRow[] = [];
        const types = node.fields.map((field) => field.type);
        await streamRows(
          sql,
          query,
          types,
          ({ columns, size }) => {
            for (let row = 0; row < size; row++) {
              const cells = node.fields.map(
                ({ name }, index) => [name, columns[index]?.[row] ?? null] as const,
              );
              rows.push(Object.fromEntries(cells));
            }
          },
          signal,
        );
        return rows;
      });
    },
    async writeFile({ node }, path, signal) {
      return await withQuery(node, signal, async (query) => {
        const options = '(format parquet, compression zstd)';
        await sql.run(`copy (\n${query}\n) to ${quote(path)} ${options}`, signal);
        const counted = await sql.parquet.rows([path], signal);
        return [...counted.values()].reduce((sum, rows) => sum + rows, 0);
      });
    },
    async writePartitions(result, directory, watch, signal) {
      assertRunsOn(result.relation.node, 'bulk');
      await mkdir(directory, { recursive: true });
      const plans = newPreparation({ countDropped: true, watch });
      const files = await writeShares(
        result,
        directory,
        async ({ node }, folder, each, onShare) => {
          const ready = await plans.prepare(node, each);
          const query = plans.print(ready);
          return await sql.writePartitions(query, result.partitionBy, folder, each, onShare);
        },
        (rows) => {
          watch.onRows(rows);
        },
        signal,
      );
      await plans.clear(signal);
      return { files, dropped: Object.fromEntries(plans.dropped) };
    },
    async [Symbol.asyncDispose]() {
      await sql[Symbol.asyncDispose]();
    },
  };
}

const refuseMapRow: FillMapRow = (_session, step) =>
  Promise.reject(
    new JobError('NOT_SUPPORTED', `the engine "bulk" cannot call the function "${step.name}" yet`, {
      hint: 'set "strategy_type" to "row"',
    }),
  );
