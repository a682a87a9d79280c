import { inputsOf, type RelationNode } from '../relation.ts';
import { printExpression } from './expressions.ts';
import { indented } from './layout.ts';
import { sparkName } from './names.ts';
import { printRead, type SourceTypes } from './read.ts';
import {
  type Input,
  printAggregates,
  printDedupe,
  printFilter,
  printJoin,
  printSelect,
  printSort,
  printSql,
  printUnion,
} from './relations.ts';

/** What is known when a plan is printed. */
export interface Known {
  /** Types of the columns of the bound sources, by the sources' names. */
  readonly sources?: ReadonlyMap<string, SourceTypes>;
}

/**
 * A plan as one query in Spark's SQL, for Spark 3.5 and 4.x: a CTE a node, in order, a node that is
 * used twice printed once. It has the plan's meaning under the settings that the engine makes (ANSI
 * mode, UTC and the others). Its sources are temporary views of their names.
 */
export function printSpark(node: RelationNode, known: Known = {}): string {
  const { sources } = known;
  const uses = usesOf(node);
  const taken = textsOf(uses.keys()).map((text) => text.toLowerCase());
  const names = new Map<RelationNode, string>();
  const steps: string[] = [];

  /** A filter that is used once becomes the condition of the step after it. */
  function inputOf(each: RelationNode): Input {
    if (each.op === 'filter' && uses.get(each) === 1) {
      const input = inputOf(each.input);
      return { ...input, where: [...input.where, printExpression(each.where)] };
    }
    return { name: nameOf(each), where: [] };
  }

  function nameOf(each: RelationNode): string {
    const given = names.get(each);
    if (given !== undefined) return given;
    const query = queryOf(each);
    const name = sparkName(freeName(each.op, steps.length + 1, taken));
    names.set(each, name);
    steps.push(`${name} as (\n${indented(query)}\n)`);
    return name;
  }

  function queryOf(each: RelationNode): string {
    switch (each.op) {
      case 'read':
        return printRead(each, sources?.get(each.source));
      case 'select':
        return printSelect(each, inputOf(each.input));
      case 'filter':
        return printFilter(each, inputOf(each.input));
      case 'dedupe':
        return printDedupe(each, inputOf(each.input));
      case 'join':
        return printJoin(
          each,
          { name: nameOf(each.left), where: [] },
          { name: nameOf(each.right), where: [] },
        );
      case 'aggregate':
        return printAggregates(each, inputOf(each.input));
      case 'union':
        return printUnion(each, ...each.inputs.map(inputOf));
      case 'sort':
        return printSort(each, inputOf(each.input));
      case 'sql':
        return printSql(each, ...each.inputs.map((input) => ({ name: nameOf(input), where: [] })));
      case 'mapRow':
        throw new TypeError(`the function "${each.name}" cannot be printed`);
    }
  }

  const last = queryOf(node);
  return steps.length === 0 ? last : `with ${steps.join(',\n')}\n${last}`;
}

/** How often each node is an input; a shared one counts its own inputs once. */
function usesOf(node: RelationNode): ReadonlyMap<RelationNode, number> {
  const uses = new Map<RelationNode, number>();
  const visit = (each: RelationNode): void => {
    const before = uses.get(each) ?? 0;
    uses.set(each, before + 1);
    if (before === 0) inputsOf(each).forEach(visit);
  };
  visit(node);
  return uses;
}

/** Names of sources, and queries that may name tables: no CTE may hide one of those. */
function textsOf(nodes: Iterable<RelationNode>): readonly string[] {
  return [...nodes].flatMap((each) => {
    if (each.op === 'read') return [each.source];
    return each.op === 'sql' ? [each.text.spark ?? ''] : [];
  });
}

function freeName(op: string, number: number, taken: readonly string[]): string {
  let name = `${op.toLowerCase()}_${String(number)}`;
  while (taken.some((text) => text.includes(name))) name = `_${name}`;
  return name;
}
