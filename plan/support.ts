import type { EngineName } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import { inputsOf, type RelationNode } from './relation.ts';

/** Which engines run a node with the same rows, and why not the others; undefined: all. */
function limitsOf(
  node: RelationNode,
): { engines: readonly EngineName[]; reason: string } | undefined {
  if (node.op === 'mapRow') {
    return {
      engines: ['row', 'bulk'],
      reason: `the function "${node.name}" is TypeScript, and there is no Node on Spark's executors`,
    };
  }
  if (node.op !== 'sql') return undefined;
  const engines: EngineName[] = [];
  if (node.text.duckdb !== undefined) engines.push('bulk');
  if (node.text.spark !== undefined) engines.push('bigdata');
  return { engines, reason: `the sql step is written for ${engines.join(' and ')} only` };
}

/** Engines that run every node of a plan, with the first reason against each of the others. */
export function enginesOf(node: RelationNode): ReadonlyMap<EngineName, string | undefined> {
  const against = new Map<EngineName, string | undefined>([
    ['row', undefined],
    ['bulk', undefined],
    ['bigdata', undefined],
  ]);
  const visit = (each: RelationNode): void => {
    const limits = limitsOf(each);
    for (const [engine, reason] of against) {
      if (limits && !limits.engines.includes(engine)) against.set(engine, reason ?? limits.reason);
    }
    inputsOf(each).forEach(visit);
  };
  visit(node);
  return against;
}

/** @throws JobError `ENGINE_UNSUPPORTED` before any work, naming the step and the engines that can. */
export function assertRunsOn(node: RelationNode, engine: EngineName): void {
  const against = enginesOf(node);
  const reason = against.get(engine);
  if (reason === undefined) return;
  const able = [...against].filter(([, other]) => other === undefined).map(([name]) => name);
  throw new JobError(
    'ENGINE_UNSUPPORTED',
    `the engine "${engine}" cannot run this plan: ${reason}`,
    {
      hint:
        able.length > 0
          ? `set "strategy_type" to one of: ${able.join(', ')}`
          : 'no engine can: leave one of the steps out',
    },
  );
}
