import type { Expression } from './expression.ts';
import type { RelationNode } from './relation.ts';

/** A column of a source. */
export interface SourceColumnName {
  readonly source: string;
  readonly column: string;
}

/** Columns of a node by name, with the source columns each one's values are made of. */
export type Lineage = ReadonlyMap<string, readonly SourceColumnName[]>;

/**
 * Which source columns each column of a plan is made of. Conditions, keys and orders decide which
 * rows there are, not what is in them, and do not count. A `sql` step or a function per row may use
 * everything that it sees.
 */
export function lineageOf(node: RelationNode): Lineage {
  switch (node.op) {
    case 'read':
      return new Map(
        node.fields.map(({ name, from }) => [
          name,
          [{ source: node.source, column: from ?? name }],
        ]),
      );
    case 'select': {
      const input = lineageOf(node.input);
      return new Map(
        node.columns.map(({ name, expression }) => [name, originsOf([expression], input)]),
      );
    }
    case 'aggregate': {
      const input = lineageOf(node.input);
      return new Map([
        ...node.by.map((name) => [name, input.get(name) ?? []] as const),
        ...node.measures.map(
          ({ name, aggregate }) => [name, originsOf(aggregate.args, input)] as const,
        ),
      ]);
    }
    case 'join': {
      const both = new Map([...lineageOf(node.right), ...lineageOf(node.left)]);
      return new Map(node.fields.map(({ name }) => [name, both.get(name) ?? []]));
    }
    case 'union': {
      const inputs = node.inputs.map(lineageOf);
      return new Map(
        node.fields.map(({ name }) => [
          name,
          distinct(inputs.flatMap((input) => input.get(name) ?? [])),
        ]),
      );
    }
    case 'sql':
      return everything(node, node.inputs);
    case 'mapRow':
      return everything(node, [node.input]);
    default:
      return lineageOf(node.input);
  }
}

function everything(node: RelationNode, inputs: readonly RelationNode[]): Lineage {
  const all = distinct(inputs.flatMap((input) => [...lineageOf(input).values()].flat()));
  return new Map(node.fields.map(({ name }) => [name, all]));
}

function originsOf(
  expressions: readonly Expression[],
  input: Lineage,
): readonly SourceColumnName[] {
  return distinct(
    expressions.flatMap((each) => columnsIn(each)).flatMap((name) => input.get(name) ?? []),
  );
}

/** Names of the columns that an expression reads. */
export function columnsIn(expression: Expression): readonly string[] {
  if (expression.op === 'column') return [expression.name];
  return expression.op === 'call' ? expression.args.flatMap(columnsIn) : [];
}

function distinct(columns: readonly SourceColumnName[]): readonly SourceColumnName[] {
  const seen = new Map(columns.map((each) => [JSON.stringify([each.source, each.column]), each]));
  return [...seen.values()];
}
