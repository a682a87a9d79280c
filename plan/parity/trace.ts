import { messageOf } from '../../core/errors.ts';
import { describeExpression, type Expression } from '../expression.ts';
import { describeNode } from '../explain.ts';
import { columnOf, relation } from '../plan.ts';
import { inputsOf, type RelationNode } from '../relation.ts';
import type { PlanRow, PlanSession } from '../session.ts';
import type { Field } from '../types.ts';
import { cellText } from './cells.ts';
import { compareRows, rowText } from './rows.ts';

/** The smallest part of a plan that two engines do differently. */
export interface Culprit {
  /** The step, as `explain` names it. */
  readonly step: string;
  /** The expression in it, where it is one; every part of it is the same on both. */
  readonly expression?: string;
  /** The row that the step, or the expression, was given. */
  readonly input?: PlanRow;
  readonly inputFields: readonly Field[];
  /** What each engine made of it: a value, a row or an error. */
  readonly values: readonly [string, string];
}

type Engines = readonly [PlanSession, PlanSession];
type Outcome = { readonly rows: readonly PlanRow[] } | { readonly error: string };

/**
 * Looks for the part of a plan that makes two engines differ: the first step, sources first, whose
 * result differs though its inputs do not, and in it the smallest expression. Every step is run on
 * both engines and held in memory, so the sources should be a sample.
 *
 * @returns undefined when each step is the same on both.
 */
export async function traceDifference(
  node: RelationNode,
  engines: Engines,
  signal: AbortSignal,
): Promise<Culprit | undefined> {
  for (const step of inOrder(node)) {
    const [left, right] = await onBoth(step, engines, signal);
    const values = differ(step, left, right);
    if (values === undefined) continue;
    for (const { input, expressions } of partsOf(step)) {
      const culprit = await traceExpressions(step, input, expressions, engines, signal);
      if (culprit !== undefined) return culprit;
    }
    return { step: describeNode(step), inputFields: [], values };
  }
  return undefined;
}

/** Every node once, inputs before the steps that use them. */
function inOrder(node: RelationNode, seen = new Set<RelationNode>()): readonly RelationNode[] {
  if (seen.has(node)) return [];
  seen.add(node);
  return [...inputsOf(node).flatMap((input) => inOrder(input, seen)), node];
}

interface Part {
  readonly input: RelationNode;
  readonly expressions: readonly Expression[];
}

function partsOf(step: RelationNode): readonly Part[] {
  switch (step.op) {
    case 'select':
      return [{ input: step.input, expressions: step.columns.map((each) => each.expression) }];
    case 'filter':
      return [{ input: step.input, expressions: [step.where] }];
    case 'aggregate':
      return [
        {
          input: step.input,
          expressions: step.measures.flatMap(({ aggregate }) => aggregate.args),
        },
      ];
    default:
      return [];
  }
}

/** Calls and literals of the expressions, parts before what they are part of, each once. */
function partsInOrder(expressions: readonly Expression[]): readonly Expression[] {
  const found = new Map<string, Expression>();
  const visit = (each: Expression): void => {
    if (each.op === 'column') return;
    if (each.op === 'call') each.args.forEach(visit);
    found.set(`${describeExpression(each)} ${each.type.kind}`, each);
  };
  expressions.forEach(visit);
  return [...found.values()];
}

async function traceExpressions(
  step: RelationNode,
  input: RelationNode,
  expressions: readonly Expression[],
  engines: Engines,
  signal: AbortSignal,
): Promise<Culprit | undefined> {
  const parts = partsInOrder(expressions);
  const together = await tryParts(step, input, parts, engines, signal);
  if (together !== 'failed') return together;
  // One of them has no value for some row: each on its own, to see which and on which engine.
  for (const part of parts) {
    const found = await tryParts(step, input, [part], engines, signal);
    if (found !== 'failed' && found !== undefined) return found;
  }
  return undefined;
}

async function tryParts(
  step: RelationNode,
  input: RelationNode,
  parts: readonly Expression[],
  engines: Engines,
  signal: AbortSignal,
): Promise<Culprit | undefined | 'failed'> {
  const names = parts.map((_, index) => `part_${String(index)}`);
  const given = input.fields.map((field, index) => ({ ...field, name: `given_${String(index)}` }));
  const asked = relation(input).select(() =>
    Object.fromEntries([
      ...given.map(({ name }, index) => [name, columnOf(fieldAt(input.fields, index))] as const),
      ...names.map((name, index) => [name, fieldAt(parts, index)] as const),
    ]),
  );
  const [left, right] = await onBoth(asked.node, engines, signal);
  if ('error' in left || 'error' in right) {
    const values = differ(asked.node, left, right);
    const only = parts.length === 1 ? parts[0] : undefined;
    if (values === undefined || only === undefined) return 'failed';
    const expression = describeExpression(only);
    return { step: describeNode(step), expression, inputFields: [], values };
  }
  const inOrderOfInput = (rows: readonly PlanRow[]) =>
    rows
      .map((row) => ({ row, key: rowText(given, row) }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const [a, b] = [inOrderOfInput(left.rows), inOrderOfInput(right.rows)];
  for (const [at, part] of parts.entries()) {
    const name = names[at] ?? '';
    for (const [index, { row }] of a.entries()) {
      const values = [row, b[index]?.row ?? {}].map((each) =>
        cellText(each[name] ?? null, part.type),
      );
      const [mine = '', other = ''] = values;
      if (mine === other) continue;
      return {
        step: describeNode(step),
        expression: describeExpression(part),
        input: Object.fromEntries(
          input.fields.map((field, position) => [
            field.name,
            row[`given_${String(position)}`] ?? null,
          ]),
        ),
        inputFields: input.fields,
        values: [mine, other],
      };
    }
  }
  return undefined;
}

async function onBoth(
  node: RelationNode,
  [left, right]: Engines,
  signal: AbortSignal,
): Promise<readonly [Outcome, Outcome]> {
  return [await outcomeOf(node, left, signal), await outcomeOf(node, right, signal)];
}

async function outcomeOf(
  node: RelationNode,
  engine: PlanSession,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return { rows: await engine.collect(relation(node), signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { error: messageOf(error) };
  }
}

/** What two outcomes have different, as texts; two errors are the same. */
function differ(
  node: RelationNode,
  left: Outcome,
  right: Outcome,
): readonly [string, string] | undefined {
  if ('error' in left || 'error' in right) {
    if ('error' in left && 'error' in right) return undefined;
    const show = (each: Outcome) =>
      'error' in each ? `failed: ${each.error}` : `${String(each.rows.length)} rows`;
    return [show(left), show(right)];
  }
  const difference = compareRows(node, left.rows, right.rows);
  switch (difference?.kind) {
    case undefined:
      return undefined;
    case 'row': {
      const text = rowLine(node, difference.row);
      return difference.side === 'left' ? [text, 'no such row'] : ['no such row', text];
    }
    case 'value':
      return [
        `${difference.column} ${difference.left}`,
        `${difference.column} ${difference.right}`,
      ];
    case 'count':
      return [`${String(difference.left)} rows`, `${String(difference.right)} rows`];
    case 'order':
      return [
        `row ${String(difference.at)}: ${difference.left}`,
        `row ${String(difference.at)}: ${difference.right}`,
      ];
  }
}

function rowLine(node: RelationNode, row: PlanRow): string {
  return node.fields
    .map(({ name, type }) => `${name} ${cellText(row[name] ?? null, type)}`)
    .join(', ');
}

function fieldAt<T>(all: readonly T[], index: number): T {
  const found = all[index];
  if (found === undefined) throw new RangeError(`there is nothing at ${String(index)}`);
  return found;
}
