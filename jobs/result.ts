import {
  type ComputedResult,
  identifier,
  quote,
  type ResultFile,
  type SqlSession,
} from '../core/engine.ts';
import type { JobContext, RuleOutcome } from '../core/job.ts';
import type { PartitionContent, RowCounts } from '../core/ledger.ts';
import type { OutputContract } from '../core/schema.ts';
import { rowHashSql } from '../plan/content-hash.ts';
import type { LoadPlan } from './template.ts';
import type { PreparedTransform, RunStamp } from './transform.ts';

export interface Computed {
  readonly result: ComputedResult;
  readonly rules: readonly RuleOutcome[];
  /** Computes rows and content hash per partition, from the files that the sinks load. */
  contents(signal: AbortSignal): Promise<readonly PartitionContent[]>;
}

/** Computes the transform once, into local files that every sink loads. */
export async function computeResult(
  session: SqlSession,
  prepared: PreparedTransform,
  counts: RowCounts,
  stamp: RunStamp,
  plan: LoadPlan,
  context: JobContext,
  signal: AbortSignal,
): Promise<Computed> {
  const { contract } = plan.transform;
  const expected = counts.read - counts.filtered - counts.quarantined - counts.deduplicated;
  context.watcher.progress('transform', 0, expected);
  const files = await prepared.compute(stamp, signal, (rows) => {
    context.watcher.progress('transform', rows, expected);
  });
  const rules = await prepared.inspect(files, signal);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return {
    result: { contract, files, rows },
    rules,
    contents: (later) => partitionContents(session, contract, files, later),
  };
}

/** Rows and content hash of each partition, read from the files that the sinks load. */
async function partitionContents(
  session: SqlSession,
  contract: OutputContract,
  files: readonly ResultFile[],
  signal: AbortSignal,
): Promise<readonly PartitionContent[]> {
  if (files.length === 0) return [];
  const partition = identifier(contract.partitionBy);
  const list = files.map((file) => quote(file.path)).join(', ');
  const contents = await session.rows(
    `select cast(${partition} as varchar) as value, count(*) as rows,
       cast(sum(${rowHashSql(contract)}) as varchar) as hash
     from read_parquet([${list}], hive_partitioning = false) group by ${partition} order by ${partition}`,
    signal,
  );
  return contents.map((row) => ({
    value: String(row['value']),
    rows: Number(row['rows']),
    hash: String(row['hash']),
  }));
}
