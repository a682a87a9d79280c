import { count, sum } from '../../plan/aggregate.ts';
import { columnOf, relation, type Relation } from '../../plan/plan.ts';
import { minus } from '../../plan/expressions/arithmetic.ts';
import { greater } from '../../plan/expressions/comparison.ts';
import { type Dedupe, inputsOf, type RelationNode } from '../../plan/relation.ts';
import { int64 } from '../../plan/types.ts';

/** A node that counts the rows that it leaves out. */
export type CountedDedupe = Dedupe & { readonly dropped: string };

/** All of them in a plan, shared ones once. */
export function countedDedupes(node: RelationNode): readonly CountedDedupe[] {
  const seen = new Set<RelationNode>();
  const visit = (each: RelationNode): void => {
    if (seen.has(each)) return;
    seen.add(each);
    inputsOf(each).forEach(visit);
  };
  visit(node);
  return [...seen].filter(
    (each): each is CountedDedupe => each.op === 'dedupe' && each.dropped !== undefined,
  );
}

/** One row, `dropped`: the rows beyond the first of each key, null where there are none. */
export function droppedRows({ input, key }: CountedDedupe): Relation<{ dropped: 'int64' }> {
  const name = `${key.join('_')}_copies`;
  const copies = columnOf<'int64'>({ name, type: int64, nullable: false });
  return relation(input)
    .aggregate(key, () => ({ [name]: count() }))
    .filter(() => greater(copies, 1))
    .aggregate([], () => ({ dropped: sum(minus(copies, 1)) }));
}
