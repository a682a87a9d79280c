import { JobError } from '../../core/errors.ts';
import { type Key, keyOf } from '../../plan/evaluate/keys.ts';
import { type Accumulator, compileAggregate } from '../../plan/evaluate/aggregates.ts';
import { NoResult } from '../../plan/evaluate/vector.ts';
import type { AggregateNode } from '../../plan/relation.ts';
import type { PlanCell } from '../../plan/types.ts';
import { emitRows } from './batches.ts';
import { bytesOf, heldBy } from './held.ts';
import { evaluate, failuresOf } from './row-errors.ts';
import { columnIndex, type PlanRun, type Stream, tellsErrors } from './stream.ts';

/** Holds one row a group. */
export function aggregateRows(node: AggregateNode, input: Stream, run: PlanRun): Stream {
  const by = node.by.map((name) => columnIndex(input.fields, name));
  const measures = node.measures.map(({ aggregate }) => compileAggregate(aggregate, input.fields));
  const vectors = measures.flatMap(({ args }) => args);
  return {
    fields: node.fields,
    async run(pass, emit) {
      const failures = failuresOf(run, node, input.fields, tellsErrors(run, node, pass));
      const held = heldBy(node, run);
      const hold = (bytes: number) => {
        held.add(bytes);
      };
      const accumulators = measures.map((measure) => measure.start(hold));
      const groups = new Map<Key, number>();
      const keys: (readonly PlanCell[])[] = [];
      const groupOf = (cells: readonly PlanCell[], key: Key): number => {
        const known = groups.get(key);
        if (known !== undefined) return known;
        groups.set(key, keys.length);
        held.add(bytesOf(cells) * (1 + measures.length));
        return keys.push(cells.map(zeroIsZero)) - 1;
      };
      // Without a column to group by there is one group, also of no rows.
      if (by.length === 0) groupOf([], '');
      await input.run(pass, (batch) => {
        const { columns, selection } = evaluate(vectors, batch, failures);
        const rowGroups =
          by.length === 0
            ? selection.map(() => 0)
            : selection.map((row) =>
                groupOf(
                  by.map((at) => batch.columns[at]?.[row] ?? null),
                  keyOf(batch.columns, by, row),
                ),
              );
        let from = 0;
        for (const [at, { args }] of measures.entries()) {
          const some = columns.slice(from, from + args.length);
          accumulators[at]?.add(some, selection, rowGroups);
          from += args.length;
        }
      });
      const rows = keys.map((cells, group) => [
        ...cells,
        ...accumulators.map((each) => resultOf(each, group)),
      ]);
      await emitRows(rows, node.fields.length, emit, pass);
    },
  };
}

/** A group of -0 and 0 is called 0. */
function zeroIsZero(cell: PlanCell): PlanCell {
  return cell === 0 ? 0 : cell;
}

function resultOf(accumulator: Accumulator, group: number): PlanCell {
  try {
    return accumulator.result(group);
  } catch (error) {
    if (!(error instanceof NoResult)) throw error;
    throw new JobError('VALUE_INVALID', error.message, {
      hint: 'sum up a wider type, such as a decimal',
      cause: error,
    });
  }
}
