import type { Expression } from '../expression.ts';
import { type Dedupe, inputsOf, type RelationNode } from '../relation.ts';
import { indented, printNode, type Surroundings } from './relations.ts';

export interface DuckDbOptions {
  /**
   * Tables of the keys that a dedupe finds more than once, with the key's columns. Only rows of those
   * keys are ranked then (docs/adr/0006).
   */
  readonly duplicates?: ReadonlyMap<Dedupe, string>;
}

/**
 * A plan as one DuckDB query: a `with` clause a node, shared ones once. Every column has the type
 * that `duckDbType` names. Sources are tables or views of their names.
 *
 * @throws TypeError for a `mapRow`: its rows have to be there as a source.
 */
export function printDuckDb(node: RelationNode, options: DuckDbOptions = {}): string {
  const uses = countUses(node, options);
  const sources = sourcesOf(node);
  const names = new Map<RelationNode, string>();
  const clauses: string[] = [];

  const around: Surroundings = {
    nameOf(each) {
      const known = names.get(each);
      if (known !== undefined) return known;
      const query = printNode(each, around);
      const name = freshName(each, names.size + 1, sources);
      names.set(each, name);
      clauses.push(`${name} as ${keeping(each, uses)}(\n${indented(query)}\n)`);
      return name;
    },
    below(each) {
      const where: Expression[] = [];
      let base = each;
      while (base.op === 'filter' && uses.get(base) === 1) {
        where.unshift(base.where);
        base = base.input;
      }
      return { node: base, where };
    },
    duplicatesOf: (each) => options.duplicates?.get(each),
  };

  const query = printNode(node, around);
  return clauses.length === 0 ? query : `with ${clauses.join(',\n')}\n${query}`;
}

/**
 * DuckDB keeps what is used more than once in memory unless told otherwise. Rows that only stream
 * past (a scan, expressions, conditions) are cheaper made again; the rest is kept, and spilled.
 */
function keeping(node: RelationNode, uses: ReadonlyMap<RelationNode, number>): string {
  if ((uses.get(node) ?? 1) === 1) return '';
  return isStreaming(node) ? 'not materialized ' : 'materialized ';
}

function isStreaming(node: RelationNode): boolean {
  const streams = ['read', 'select', 'filter', 'union'].includes(node.op);
  return streams && inputsOf(node).every(isStreaming);
}

/** How often each node is named in the query. */
function countUses(
  root: RelationNode,
  { duplicates }: DuckDbOptions,
): ReadonlyMap<RelationNode, number> {
  const uses = new Map<RelationNode, number>();
  const visit = (node: RelationNode): void => {
    // The rows of duplicate keys and all others are two queries over the same input.
    const times = node.op === 'dedupe' && duplicates?.has(node) === true ? 2 : 1;
    for (const input of inputsOf(node)) {
      const before = uses.get(input);
      uses.set(input, (before ?? 0) + times);
      if (before === undefined) visit(input);
    }
  };
  visit(root);
  return uses;
}

function sourcesOf(node: RelationNode): ReadonlySet<string> {
  if (node.op === 'read') return new Set([node.source.toLowerCase()]);
  return new Set(inputsOf(node).flatMap((input) => [...sourcesOf(input)]));
}

/** `filter_3`, unless a source has that name. */
function freshName(node: RelationNode, number: number, sources: ReadonlySet<string>): string {
  let name = `${node.op}_${String(number)}`;
  while (sources.has(name)) name += '_';
  return name;
}
