import { compileVector } from '../../plan/evaluate/compile.ts';
import type { Filter, NamedExpression, Select } from '../../plan/relation.ts';
import { evaluate, failuresOf } from './row-errors.ts';
import { fieldsNamed, type PlanRun, type Stream, tellsErrors } from './stream.ts';

/** @param columns - those of the node that are needed. */
export function selectRows(
  node: Select,
  columns: readonly NamedExpression[],
  input: Stream,
  run: PlanRun,
): Stream {
  const vectors = columns.map(({ expression }) => compileVector(expression, input.fields));
  return {
    fields: fieldsNamed(
      node,
      columns.map(({ name }) => name),
    ),
    async run(pass, emit) {
      const failures = failuresOf(run, node, input.fields, tellsErrors(run, node, pass));
      await input.run(pass, (batch) => {
        emit({ ...evaluate(vectors, batch, failures), size: batch.size });
      });
    },
  };
}

export function filterRows(node: Filter, input: Stream, run: PlanRun): Stream {
  const where = compileVector(node.where, input.fields);
  return {
    fields: input.fields,
    async run(pass, emit) {
      const failures = failuresOf(run, node, input.fields, tellsErrors(run, node, pass));
      await input.run(pass, (batch) => {
        const {
          columns: [holds = []],
          selection,
        } = evaluate([where], batch, failures);
        const kept = selection.filter((row) => holds[row] === true);
        if (kept.length > 0) emit({ ...batch, selection: kept });
      });
    },
  };
}
