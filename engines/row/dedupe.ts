import { type Key, keyOf } from '../../plan/evaluate/keys.ts';
import { rowOrder } from '../../plan/evaluate/order.ts';
import type { Dedupe, SortKey } from '../../plan/relation.ts';
import type { PlanCell } from '../../plan/types.ts';
import { cellsOf, emitRows } from './batches.ts';
import { hashSet } from './hash-set.ts';
import { bytesOf, heldBy } from './held.ts';
import { rowHasher } from './hash-rows.ts';
import { columnIndex, noPause, type Pass, type PlanRun, type Stream } from './stream.ts';

/**
 * Reads its input twice. The first time only the keys, of each of which a hash is kept, and which
 * hashes come more than once. The second time rows of a hash that is there once pass, and only the
 * others are held and compared, exactly: two keys of one hash stay two.
 *
 * Memory is bounded by the keys, at 5 to 11 bytes each, and the rows that are not unique.
 *
 * @param keys - the input's key columns.
 * @param input - all of its columns.
 */
export function dedupeRows(node: Dedupe, keys: Stream, input: Stream, run: PlanRun): Stream {
  const isBetter = betterRow(node, input);
  return {
    fields: input.fields,
    async run(pass, emit) {
      const repeated = await repeatedHashes(node, keys, run, pass);
      const best = new Map<Key, readonly PlanCell[]>();
      const held = heldBy(node, run);
      const key = node.key.map((name) => columnIndex(input.fields, name));
      const hash = rowHasher(key);
      let dropped = 0;
      await input.run(pass, (batch) => {
        const { columns, selection } = batch;
        if (repeated.size === 0) {
          emit(batch);
          return;
        }
        const hashes = hash(batch);
        const unique: number[] = [];
        for (const row of selection) {
          if (!repeated.has(hashes[row] ?? 0)) {
            unique.push(row);
            continue;
          }
          const cells = cellsOf(columns, row);
          const its = keyOf(columns, key, row);
          const other = best.get(its);
          if (other === undefined) held.add(bytesOf(cells));
          else dropped += 1;
          if (other === undefined || isBetter(cells, other)) best.set(its, cells);
        }
        if (unique.length > 0) emit({ ...batch, selection: unique });
      });
      repeated.clear();
      if (node.dropped !== undefined) run.dropped.set(node, { name: node.dropped, rows: dropped });
      await emitRows([...best.values()], input.fields.length, emit, pass);
    },
  };
}

async function repeatedHashes(node: Dedupe, keys: Stream, run: PlanRun, pass: Pass) {
  const held = heldBy(node, run);
  const grown = (bytes: number): void => {
    held.add(bytes / 2);
  };
  const seen = hashSet(grown);
  const repeated = hashSet(grown);
  const hash = rowHasher(node.key.map((name) => columnIndex(keys.fields, name)));
  await keys.run({ ...pass, silent: true, pause: noPause }, (batch) => {
    const hashes = hash(batch);
    for (const row of batch.selection) {
      const its = hashes[row] ?? 0;
      if (!seen.add(its)) repeated.add(its);
    }
  });
  seen.clear();
  return repeated;
}

/** Between rows that are equal in `keep`, the other columns decide, as in the SQL engines. */
function betterRow({ key, keep }: Dedupe, { fields }: Stream) {
  const decided = new Set([...key, ...keep.map(({ column }) => column)]);
  const others = fields.filter(
    ({ name, type: { kind } }) =>
      !decided.has(name) && kind !== 'list' && kind !== 'struct' && kind !== 'binary',
  );
  const ties = others.map(({ name }): SortKey => ({
    column: name,
    descending: false,
    nulls: 'last',
  }));
  const compare = rowOrder([...keep, ...ties], fields);
  return (a: readonly PlanCell[], b: readonly PlanCell[]) => compare(a, b) < 0;
}
