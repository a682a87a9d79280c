import { inspect } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import { conforms } from '../../plan/evaluate/conforms.ts';
import type { Batch } from '../../plan/evaluate/vector.ts';
import type { MapRow } from '../../plan/relation.ts';
import { type Field, type PlanCell, planTypeName } from '../../plan/types.ts';
import { type Failures, failuresOf, rowOf } from './row-errors.ts';
import { type PlanRun, type Stream, tellsErrors } from './stream.ts';

/** Calls a function of TypeScript for each row. */
export function mapRows(node: MapRow, input: Stream, run: PlanRun): Stream {
  return {
    fields: node.fields,
    async run(pass, emit) {
      const failures = failuresOf(run, node, input.fields, tellsErrors(run, node, pass));
      await input.run(pass, (batch) => {
        emit(mapBatch(node, input.fields, batch, failures));
      });
    },
  };
}

/** @param fields - of the batch. */
export function mapBatch(
  node: MapRow,
  fields: readonly Field[],
  batch: Batch,
  failures: Failures,
): Batch {
  const columns = node.fields.map(() => new Array<PlanCell>(batch.size).fill(null));
  const selection = batch.selection.filter((row) => {
    const problem = mapOne(node, fields, batch, row, columns);
    if (problem !== undefined) failures.add(batch, row, problem);
    return problem === undefined;
  });
  return { columns, size: batch.size, selection };
}

/** @returns what is wrong with the row, if anything is. */
function mapOne(
  { map, fields: results }: MapRow,
  fields: readonly Field[],
  { columns }: Batch,
  row: number,
  out: readonly PlanCell[][],
): string | undefined {
  let result: unknown;
  try {
    result = map(rowOf(fields, columns, row));
  } catch (error) {
    return messageOf(error);
  }
  if (typeof result !== 'object' || result === null) {
    return `the function gave ${inspect(result)} and no row`;
  }
  const cells = new Map<string, unknown>(Object.entries(result));
  for (const [at, { name, type }] of results.entries()) {
    const value = cells.get(name);
    if (!conforms(value, type)) {
      return `the function gave ${inspect(value).slice(0, 100)} for "${name}", which is ${planTypeName(type)}`;
    }
    const column = out[at];
    if (column !== undefined) column[row] = value;
  }
  return undefined;
}
