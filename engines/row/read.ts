import { printDuckDb } from '../../plan/duckdb/print.ts';
import type { Batch } from '../../plan/evaluate/vector.ts';
import type { Read } from '../../plan/relation.ts';
import { streamRows } from '../bulk/chunks.ts';
import { fieldsNamed, type PlanRun, type Stream } from './stream.ts';

/** A source's rows, by a query that has its columns and nothing else. */
export function readRows(node: Read, needed: ReadonlySet<string>, { session }: PlanRun): Stream {
  const found = fieldsNamed(node, needed);
  // Rows without a column, for counting them, are those of any one column.
  const fields = found.length > 0 ? found : node.fields.slice(0, 1);
  const types = fields.map((field) => field.type);
  const query = printDuckDb({ ...node, fields });
  let all: readonly number[] = [];
  return {
    fields,
    async run(pass, emit) {
      await streamRows(
        session,
        query,
        types,
        async ({ columns, size }) => {
          if (all.length !== size) all = Array.from({ length: size }, (_, row) => row);
          const batch: Batch = { columns, size, selection: all };
          emit(batch);
          await pass.pause();
        },
        pass.signal,
      );
    },
  };
}
