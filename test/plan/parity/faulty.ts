import type { FunctionName } from '../../../plan/functions.ts';
import { relation } from '../../../plan/plan.ts';
import type { RelationNode } from '../../../plan/relation.ts';
import type { PlanSession } from '../../../plan/session.ts';

/** An engine that does one function as if it were another. */
export function faulty(
  session: PlanSession,
  instead: Partial<Record<FunctionName, FunctionName>>,
): PlanSession {
  return {
    ...session,
    collect: async ({ node }, signal) =>
      await session.collect(relation(replaced(node, instead) as RelationNode), signal),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function replaced(value: unknown, instead: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((each) => replaced(each, instead));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, replaced(each, instead)]),
  );
  const name = copy['op'] === 'call' ? instead[String(copy['name'])] : undefined;
  return name === undefined ? copy : { ...copy, name };
}
