import { describeExpression } from '../../../plan/expression.ts';
import { columnOf } from '../../../plan/plan.ts';
import { planTypeName } from '../../../plan/types.ts';
import type { ExpressionCase } from './case.ts';
import { EXPRESSION_CASES } from './cases/all.ts';

/** A case with the builder that it belongs to. */
export interface NamedCase extends ExpressionCase {
  /** The builder, such as `text.upper`. */
  readonly builder: string;
  /** For people: `text.upper: upper(string)`. */
  readonly title: string;
  /** Row of its first example in the table of examples; its others follow. */
  readonly firstRow: number;
}

/** Every case; those without an argument have no row of their own. */
export const CASES: readonly NamedCase[] = named();

function named(): readonly NamedCase[] {
  let firstRow = 0;
  return Object.entries(EXPRESSION_CASES).flatMap(([file, builders]) =>
    Object.entries(builders).flatMap(([builder, cases]) =>
      cases.map((each) => {
        const rows = each.args.length === 0 ? 0 : each.examples.length;
        const title = `${file}.${builder}: ${titleOf(each)}`;
        const found = { ...each, builder: `${file}.${builder}`, title, firstRow };
        firstRow += rows;
        return found;
      }),
    ),
  );
}

function titleOf({ args, build }: ExpressionCase): string {
  const columns = args.map((type) => columnOf({ name: planTypeName(type), type, nullable: true }));
  return describeExpression(build(...columns));
}
