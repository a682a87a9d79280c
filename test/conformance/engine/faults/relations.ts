import { expect, it } from '@jest/globals';
import {
  type Aggregate,
  type AggregateName,
  AGGREGATES,
  count,
  countOf,
} from '../../../../plan/aggregate.ts';
import type { Expression } from '../../../../plan/expression.ts';
import { coalesce } from '../../../../plan/expressions/conditional.ts';
import { integer, nullOf } from '../../../../plan/expressions/literal.ts';
import { compareRows } from '../../../../plan/parity/rows.ts';
import { relation } from '../../../../plan/plan.ts';
import {
  type JoinKind,
  type Read,
  type RelationNode,
  RELATION_OPS,
  type RelationOp,
  type SortKey,
} from '../../../../plan/relation.ts';
import { figureOf } from '../aggregates.ts';
import { AGGREGATE_CASES } from '../cases/aggregate.ts';
import { RELATION_CASES } from '../cases/relation.ts';
import { expectedRows } from '../relations.ts';
import type { World } from '../world.ts';

type NodeOf<Op extends RelationOp> = RelationNode & { readonly op: Op };

const OTHER_JOIN: Readonly<Record<JoinKind, JoinKind>> = {
  inner: 'left',
  left: 'inner',
  semi: 'anti',
  anti: 'semi',
};

const NO_TEAM = 'select null as team, 2 as n';

/** What stands in the place of a node, with the same fields, when it is done wrong. */
const WRONG_NODES: { readonly [Op in RelationOp]: (node: NodeOf<Op>) => RelationNode } = {
  read: (node) => ({ ...node, fields: node.fields.map((field) => otherColumn(node, field.name)) }),
  select: (node) => ({
    ...node,
    columns: node.columns.map(({ name, expression }, at) =>
      at > 0 ? { name, expression } : { name, expression: nullOf(expression.type) },
    ),
  }),
  filter: ({ input }) => input,
  dedupe: ({ input }) => input,
  join: (node) => ({ ...node, how: OTHER_JOIN[node.how] }),
  aggregate: (node) => ({
    ...node,
    input: { op: 'union', fields: node.input.fields, inputs: [node.input, node.input] },
  }),
  union: (node) => ({ ...node, inputs: node.inputs.slice(1) }),
  sort: (node) => ({
    ...node,
    by: node.by.map((key): SortKey => ({
      ...key,
      nulls: key.nulls === 'first' ? 'last' : 'first',
    })),
  }),
  sql: (node) => ({
    ...node,
    text: { duckdb: NO_TEAM, spark: NO_TEAM },
  }),
  mapRow: (node) => ({ ...node, map: (row) => ({ ...node.map(row), half: null }) }),
};

/** What stands in the place of a figure, with the same type. */
const WRONG_FIGURES: Readonly<Record<AggregateName, (right: Aggregate) => Aggregate>> = {
  count: () => countOf(nullOf({ kind: 'int32' })),
  countIf: ({ args }) => countOf(only(args)),
  countOf: () => count(),
  countDistinct: ({ args }) => countOf(only(args)),
  sum: () => count(),
  average: (right) => ({
    ...right,
    args: [coalesce(only(right.args) as Expression<'int32'>, integer(0))],
  }),
  min: (right) => ({ ...right, name: 'max' }),
  max: (right) => ({ ...right, name: 'min' }),
};

export function itNoticesWrongRelations(world: () => World): void {
  it.each(RELATION_OPS)('notices a wrong %s on every engine', async (op) => {
    const cases = Object.values(RELATION_CASES)
      .flat()
      .filter(({ rows }) => typeof rows !== 'symbol');
    for (const { name, plans } of world().engines) {
      const able = cases.flatMap(({ engines, ...each }) => {
        const wrong = withWrong(each.plan.node, op);
        const runs = engines === undefined || engines.includes(plans.engine);
        return wrong !== undefined && runs ? [{ ...each, wrong }] : [];
      });
      let noticed = able.length === 0;
      for (const { wrong, ...each } of able) {
        const found = await plans.collect(relation(wrong), world().signal);
        noticed = compareRows(each.plan.node, expectedRows(each), found) !== undefined;
        if (noticed) break;
      }
      expect([name, noticed]).toEqual([name, true]);
    }
  });

  it.each(AGGREGATES)('notices a wrong %s on every engine', async (figure) => {
    for (const { name, plans } of world().engines) {
      let noticed = false;
      for (const each of AGGREGATE_CASES[figure] ?? []) {
        const build = (...args: readonly Expression[]) =>
          WRONG_FIGURES[figure](each.build(...args));
        for (const { rows, is } of each.examples) {
          if (typeof is === 'symbol' || noticed) continue;
          const asked = figureOf({ ...each, build }, rows);
          const found = await plans.collect(asked, world().signal);
          noticed = compareRows(asked.node, [{ figure: is }], found) !== undefined;
        }
      }
      expect([name, noticed]).toEqual([name, true]);
    }
  });
}

/** The plan with its last node of this kind done wrong; undefined where it has none. */
function withWrong(node: RelationNode, op: RelationOp): RelationNode | undefined {
  if (node.op === op) {
    return { ...(WRONG_NODES[op] as (node: RelationNode) => RelationNode)(node) };
  }
  if (!('input' in node)) return undefined;
  const input = withWrong(node.input, op);
  return input === undefined ? undefined : { ...node, input };
}

/** Reads a text from another column of text. */
function otherColumn({ fields }: Read, name: string): Read['fields'][number] {
  const texts = fields.filter(({ type }) => type.kind === 'string');
  const at = texts.findIndex((field) => field.name === name);
  const field = fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`there is no column ${name}`);
  const other = texts[(at + 1) % texts.length];
  return at < 0 || other === undefined ? field : { ...field, from: other.name };
}

function only(args: readonly Expression[]): Expression {
  const [first] = args;
  if (first === undefined) throw new Error('a figure without an argument');
  return first;
}
