import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { less } from '../../../plan/expressions/comparison.ts';
import { compareRows } from '../../../plan/parity/rows.ts';
import { descending, read, type Relation } from '../../../plan/plan.ts';
import type { PlanRow } from '../../../plan/session.ts';
import { bool, int32 } from '../../../plan/types.ts';
import { differenceText } from './report.ts';
import type { World } from './world.ts';

const ROWS_PER_PARTITION = 40;

export function itWritesTheSame(world: () => World): void {
  it('writes the same files, rows and counts of dropped rows', async () => {
    const { engines, directory, signal } = world();
    const kept = everything(world())
      .filter(({ id }) => less(id as never, 10 * ROWS_PER_PARTITION))
      .dedupe({ key: ['int32_a', 'bool_b'], keep: [descending('id')], dropped: 'repeated' });
    let expected: readonly PlanRow[] | undefined;
    for (const [at, { name, plans }] of engines.entries()) {
      const { files, dropped } = await plans.writePartitions(
        { relation: kept, partitionBy: 'int32_a', expectedRows: 30 },
        join(directory, `written-${String(at)}`),
        { onRows: () => undefined },
        signal,
      );
      expect([name, files.map(({ partition, rows }) => `${partition}: ${String(rows)}`)]).toEqual([
        name,
        // The first ten values of int32 meet the three of bool.
        ['-7', '-2', '-1', '0', '1', '2', '7', '10', '53', '255'].map((value) => `${value}: 3`),
      ]);
      expect([name, dropped]).toEqual([name, { repeated: 10 * ROWS_PER_PARTITION - 30 }]);

      const source = `written ${String(at)}`;
      const paths = files.map(({ path }) => `'${path}'`).join(', ');
      const [, { plans: reader }] = engines;
      await reader.bind(source, `select * from read_parquet([${paths}])`, signal);
      const types = Object.fromEntries(kept.node.fields.map((field) => [field.name, field.type]));
      const rows = await reader.collect(read(source, types), signal);
      expected ??= rows;
      const difference = compareRows(kept.node, expected, rows, ['id']);
      const said = difference && differenceText(kept.node.fields, difference);
      expect([name, said]).toEqual([name, undefined]);
    }
  });
}

/** The table of pairs with every type of column that a sink could have. */
function everything({ tables }: World): Relation {
  const columns = Object.entries(tables.pairs).filter(
    ([name, { type }]) => name.endsWith('_a') && type.kind !== 'list' && type.kind !== 'struct',
  );
  const types = columns.map(([name, { type }]) => [name, type] as const);
  return read('pairs', { id: int32, bool_b: bool, ...Object.fromEntries(types) });
}
