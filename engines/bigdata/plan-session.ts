import type { ResultFile } from '../../core/engine.ts';
import type { Dropped, PlanRow, PlanSession } from '../../plan/session.ts';
import { sparkName } from '../../plan/spark/names.ts';
import { printSpark } from '../../plan/spark/print.ts';
import type { SourceTypes } from '../../plan/spark/read.ts';
import { assertRunsOn } from '../../plan/support.ts';
import type { RelationNode } from '../../plan/relation.ts';
import { countedDedupes, droppedRows } from './dropped.ts';
import { writeOneFile } from './one-file.ts';
import { planRow } from './plan-values.ts';
import type { BigdataSession } from './session.ts';
import { planError } from './value-error.ts';

/**
 * Runs plans on Spark, each as one query: Spark reads, computes and writes, and only the rows of
 * `collect` come here. Files that are written have to be on disks that both Spark and this process
 * reach. `parts` of a result are not needed: Spark bounds its memory by itself.
 *
 * Disposing it disposes the session.
 */
export function openBigdataPlans(session: BigdataSession): PlanSession {
  const sources = new Map<string, SourceTypes>();

  function printed(node: RelationNode): string {
    assertRunsOn(node, 'bigdata');
    return printSpark(node, { sources });
  }

  async function collected(node: RelationNode, signal: AbortSignal): Promise<readonly PlanRow[]> {
    const query = printed(node);
    return await explained(async () => {
      const rows: PlanRow[] = [];
      for await (const row of session.stream(query, signal)) rows.push(planRow(row, node.fields));
      return rows;
    });
  }

  /**
   * By queries of their own over the keys. What Spark observes while the result passes is not exact:
   * a stage that is run again, because an executor was lost with its output, is counted again.
   */
  async function droppedBy(node: RelationNode, signal: AbortSignal): Promise<Dropped> {
    const dropped: Record<string, number> = {};
    for (const each of countedDedupes(node)) {
      const [row] = await collected(droppedRows(each).node, signal);
      dropped[each.dropped] = (dropped[each.dropped] ?? 0) + Number(row?.['dropped'] ?? 0);
    }
    return dropped;
  }

  return {
    engine: 'bigdata',
    sql: session,
    async bind(name, relation, signal) {
      await session.tempView(sparkName(name), relation, signal);
      const fields = await session.schema(`select * from ${sparkName(name)}`, signal);
      sources.set(name, new Map(fields.map((field) => [field.name.toLowerCase(), field.type])));
    },
    async collect({ node }, signal) {
      return await collected(node, signal);
    },
    async writeFile({ node }, path, signal) {
      const query = `select /*+ repartition(1) */ * from (\n${printed(node)}\n)`;
      await explained(async () => {
        await writeOneFile(session, query, path, signal);
      });
      return (await session.parquet.rows([path], signal)).get(path) ?? 0;
    },
    async writePartitions(
      { relation: { node }, partitionBy, expectedRows },
      directory,
      watch,
      signal,
    ) {
      const query = printed(node);
      const files = await explained(
        async () =>
          await session.writePartitions(query, partitionBy, directory, signal, (share) => {
            watch.onRows(Math.floor(share * expectedRows));
          }),
      );
      watch.onRows(files.reduce((rows, file) => rows + file.rows, 0));
      const kind = node.fields.find(({ name }) => name === partitionBy)?.type.kind;
      const isNumeric = kind === 'int32' || kind === 'int64';
      return {
        files: [...files].sort(isNumeric ? byNumber : byText),
        dropped: await droppedBy(node, signal),
      };
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
    },
  };
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw planError(error);
  }
}

function byNumber(a: ResultFile, b: ResultFile): number {
  const [left, right] = [BigInt(a.partition), BigInt(b.partition)];
  return left < right ? -1 : Number(left > right);
}

function byText(a: ResultFile, b: ResultFile): number {
  return Buffer.compare(Buffer.from(a.partition), Buffer.from(b.partition));
}
