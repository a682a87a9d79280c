import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import {
  type Batch,
  type Column,
  RowFailure,
  shown,
  type Vector,
} from '../../plan/evaluate/vector.ts';
import { describeNode } from '../../plan/explain.ts';
import type { RelationNode } from '../../plan/relation.ts';
import type { PlanRow } from '../../plan/session.ts';
import type { Field } from '../../plan/types.ts';
import type { PlanRun } from './stream.ts';

/** Cells of a row that a message shows. */
const SHOWN_CELLS = 8;

/** What a step does with rows that fail. */
export interface Failures {
  /** @throws JobError `VALUE_INVALID` where one row ends the run. */
  add(batch: Batch, row: number, message: string): void;
}

/**
 * @param fields - of the batches as they come into the step.
 * @param tells - false where the errors of these rows are told by another run of them.
 */
export function failuresOf(
  { onRowError }: Pick<PlanRun, 'onRowError'>,
  node: RelationNode,
  fields: readonly Field[],
  tells: boolean,
): Failures {
  return {
    add({ columns }, row, message) {
      if (onRowError === undefined) throw valueInvalid(message, fields, columns, row);
      if (!tells) return;
      onRowError({ step: describeNode(node), message, row: rowOf(fields, columns, row), fields });
    },
  };
}

function valueInvalid(
  message: string,
  fields: readonly Field[],
  columns: readonly Column[],
  row: number,
): JobError {
  const cells = fields
    .slice(0, SHOWN_CELLS)
    .map(({ name, type }, index) => `${name} ${shown(columns[index]?.[row] ?? null, type)}`);
  const more = fields.length > SHOWN_CELLS ? ', ...' : '';
  return new JobError(
    'VALUE_INVALID',
    printable(`${message}; in the row ${cells.join(', ')}${more}`),
    {
      hint: 'correct the value at the source, or say in the plan what it means: null, a wider type, or a row to leave out',
    },
  );
}

export function rowOf(fields: readonly Field[], columns: readonly Column[], row: number): PlanRow {
  const cells = fields.map(({ name }, index) => [name, columns[index]?.[row] ?? null] as const);
  return Object.fromEntries(cells);
}

/**
 * Evaluates over the rows of a batch that do not fail.
 *
 * @returns the columns, and the rows for which they have values.
 */
export function evaluate(
  vectors: readonly Vector[],
  batch: Batch,
  failures: Failures,
): { readonly columns: readonly Column[]; readonly selection: readonly number[] } {
  try {
    return { columns: vectors.map((vector) => vector(batch)), selection: batch.selection };
  } catch (error) {
    if (!(error instanceof RowFailure)) throw error;
  }
  const sound = batch.selection.filter((row) => isSound(vectors, batch, row, failures));
  return {
    columns: vectors.map((vector) => vector({ ...batch, selection: sound })),
    selection: sound,
  };
}

/** Row by row, so that a batch in which every row fails takes no longer than one in which one does. */
function isSound(
  vectors: readonly Vector[],
  batch: Batch,
  row: number,
  failures: Failures,
): boolean {
  try {
    for (const vector of vectors) vector({ ...batch, selection: [row] });
    return true;
  } catch (error) {
    if (!(error instanceof RowFailure)) throw error;
    failures.add(batch, row, error.message);
    return false;
  }
}
