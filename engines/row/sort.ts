import { rowOrder } from '../../plan/evaluate/order.ts';
import type { Sort } from '../../plan/relation.ts';
import type { PlanCell } from '../../plan/types.ts';
import { cellsOf, emitRows } from './batches.ts';
import { bytesOf, heldBy } from './held.ts';
import type { PlanRun, Stream } from './stream.ts';

/** Rows beyond the limit that are let in before the worst are thrown out. */
const SLACK_ROWS = 4096;

/** Sorts in memory; with a limit, no more than that and some are ever held. */
export function sortRows(node: Sort, input: Stream, run: PlanRun): Stream {
  const compare = rowOrder(node.by, input.fields);
  const { limit } = node;
  return {
    fields: input.fields,
    async run(pass, emit) {
      const held = heldBy(node, run);
      let rows: (readonly PlanCell[])[] = [];
      await input.run(pass, ({ columns, selection }) => {
        for (const row of selection) {
          const cells = cellsOf(columns, row);
          held.add(bytesOf(cells));
          rows.push(cells);
        }
        if (limit === undefined || rows.length < limit + SLACK_ROWS) return;
        rows = rows.sort(compare);
        for (const each of rows.slice(limit)) held.add(-bytesOf(each));
        rows = rows.slice(0, limit);
      });
      await emitRows(rows.sort(compare).slice(0, limit), input.fields.length, emit, pass);
    },
  };
}
