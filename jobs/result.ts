import { join } from 'node:path';
import type { ComputedResult } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import type { PartitionContent, RowCounts } from '../core/ledger.ts';
import type { OutputContract } from '../core/schema.ts';
import { decimalText } from '../plan/expression.ts';
import { contentOf, RESULT } from '../plan/content-hash.ts';
import type { PlanSession } from '../plan/session.ts';
import type { JobContext, RuleOutcome } from './job.ts';
import type { Quarantined } from './quarantine.ts';
import { collectRowErrors } from './row-errors.ts';
import type { LoadPlan } from './template.ts';
import type { PreparedTransform, RunStamp } from './transform.ts';

export interface Computed {
  readonly result: ComputedResult;
  /** Rows that a better row of the same key left out, counted on their own. */
  readonly deduplicated: number;
  /** Rows that a step failed for, in the quarantine. */
  readonly failed: Quarantined;
  readonly rules: readonly RuleOutcome[];
  /** Computes rows and content hash per partition, from the files that the sinks load. */
  contents(signal: AbortSignal): Promise<readonly PartitionContent[]>;
}

/** Computes the transform once, into files that every sink loads. */
export async function computeResult(
  session: PlanSession,
  prepared: PreparedTransform,
  counts: Omit<RowCounts, 'deduplicated'>,
  stamp: RunStamp,
  plan: LoadPlan,
  context: JobContext,
  signal: AbortSignal,
): Promise<Computed> {
  const { contract } = plan.transform;
  const expectedRows = counts.read - counts.filtered - counts.quarantined - counts.dropped;
  using errors = collectRowErrors(session);
  const onRows = (rows: number): void => {
    context.watcher.progress('transform', rows, expectedRows);
  };
  onRows(0);
  const { files, dropped } = await session.writePartitions(
    { ...prepared.result(stamp), partitionBy: contract.partitionBy, expectedRows },
    join(session.sql.scratchDir, 'result'),
    plan.onRowError === 'fail'
      ? { onRows }
      : {
          onRows,
          onRowError: (error) => {
            errors.add(error);
          },
        },
    signal,
  );
  const quarantine = context.openStorage(plan.quarantinePath);
  const failed = await errors.keep(quarantine, context.run, signal);
  const paths = files.map((file) => file.path);
  if (paths.length > 0) await session.sql.parquet.view(RESULT, paths, signal);
  const broken = failed.rows === 0 ? [] : [rowErrorRule(failed)];
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const rules = [...broken, ...(await prepared.inspect(rows, signal))];
  return {
    result: { contract, files, rows },
    deduplicated: dropped['deduplicated'] ?? 0,
    failed,
    rules,
    contents: async (later) =>
      files.length === 0 ? [] : await partitionContents(session, contract, later),
  };
}

function rowErrorRule({ rows, place }: Quarantined): RuleOutcome {
  return {
    rule: 'row_error',
    action: 'quarantine',
    rows,
    verdict: 'broken',
    detail: `the errors are in ${place}`,
  };
}

async function partitionContents(
  session: PlanSession,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<readonly PartitionContent[]> {
  const contents = await session.collect(contentOf(contract), signal);
  return contents
    .map((row) => {
      const { partition, rows, hash } = row;
      if (typeof partition !== 'string' || typeof hash !== 'bigint') {
        throw new JobError('INTERNAL', `a partition of the result is null: ${String(partition)}`);
      }
      return { value: partition, rows: Number(rows), hash: decimalText(hash, 0) };
    })
    .sort((a, b) => a.value.localeCompare(b.value, 'en', { numeric: true }));
}
