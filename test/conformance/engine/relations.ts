import { expect, it } from '@jest/globals';
import { explain } from '../../../plan/explain.ts';
import { compareRows } from '../../../plan/parity/rows.ts';
import type { PlanRow } from '../../../plan/session.ts';
import { enginesOf } from '../../../plan/support.ts';
import { RELATION_CASES } from './cases/relation.ts';
import type { RelationCase } from './cases/relation-case.ts';
import { codeOf } from './outcome.ts';
import { differenceText } from './report.ts';
import type { World } from './world.ts';

const CASES = Object.entries(RELATION_CASES).flatMap(([method, cases]) =>
  cases.map((each) => ({ method, ...each })),
);

export function itRelatesTheSame(world: () => World): void {
  it.each(CASES)('$method $title', async (each) => {
    const { plan, rows, engines } = each;
    const able = [...enginesOf(plan.node)].flatMap(([name, against]) =>
      against === undefined ? [name] : [],
    );
    expect(able).toEqual(engines ?? ['row', 'bulk', 'bigdata']);
    for (const { name, plans } of world().engines) {
      const work = plans.collect(plan, world().signal);
      if (!able.includes(plans.engine)) {
        expect([name, await codeOf(work)]).toEqual([name, 'ENGINE_UNSUPPORTED']);
      } else if (typeof rows === 'symbol') {
        expect([name, await codeOf(work)]).toEqual([name, 'VALUE_INVALID']);
      } else {
        const difference = compareRows(plan.node, expectedRows(each), await work);
        const said =
          difference && `${differenceText(plan.node.fields, difference)}\n${explain(plan.node)}`;
        expect([name, said]).toEqual([name, undefined]);
      }
    }
  });
}

export function expectedRows({ plan, rows }: RelationCase): readonly PlanRow[] {
  if (typeof rows === 'symbol') return [];
  return rows.map((row) =>
    Object.fromEntries(plan.node.fields.map(({ name }, at) => [name, row[at] ?? null])),
  );
}
