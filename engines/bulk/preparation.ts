import { identifier } from '../../core/engine.ts';
import { count } from '../../plan/aggregate.ts';
import { printDuckDb } from '../../plan/duckdb/print.ts';
import { greater } from '../../plan/expressions/comparison.ts';
import { columnOf, relation } from '../../plan/plan.ts';
import { type Dedupe, inputsOf, type MapRow, type RelationNode } from '../../plan/relation.ts';
import type { ResultWatch } from '../../plan/session.ts';
import { int64 } from '../../plan/types.ts';
import type { BulkSession } from './session.ts';

/**
 * Makes the table and fills it with what the function returns for the query's rows. The table's
 * columns have the step's names and the types of plan/duckdb.
 *
 * @param query - SQL of the step's input.
 */
export type FillMapRow = (
  session: BulkSession,
  step: MapRow,
  query: string,
  table: string,
  watch: Pick<ResultWatch, 'onRowError'>,
  signal: AbortSignal,
) => Promise<void>;

/** Makes what plans need to be there before their one query can run. */
export interface Preparation {
  /**
   * The plan with the rows of each TypeScript function read from a table, and with the duplicate keys
   * of each dedupe that counts what it drops in another. What plans share is made once.
   */
  prepare(node: RelationNode, signal: AbortSignal): Promise<RelationNode>;
  /** A prepared plan's query. */
  print(node: RelationNode): string;
  /** Rows that the prepared plans leave out, by the names of their nodes. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Drops the tables. After a failure they go with the session. */
  clear(signal: AbortSignal): Promise<void>;
}

/** @param prefix - of the tables' names, which nobody else may use. */
export function preparation(
  session: BulkSession,
  prefix: string,
  options: {
    /** Whether the rows that dedupes leave out are counted; a query ranks all rows otherwise. */
    readonly countDropped: boolean;
    readonly fillMapRow: FillMapRow;
    readonly watch: Pick<ResultWatch, 'onRowError'>;
  },
): Preparation {
  const made = new Map<RelationNode, Promise<RelationNode>>();
  const duplicates = new Map<Dedupe, string>();
  const dropped = new Map<string, number>();
  const tables: string[] = [];

  const newTable = (): string => {
    const table = `${prefix}_${String(tables.length + 1)}`;
    tables.push(table);
    return table;
  };
  const print = (node: RelationNode) => printDuckDb(node, { duplicates });

  async function make(node: RelationNode, signal: AbortSignal): Promise<RelationNode> {
    const inputs: RelationNode[] = [];
    for (const input of inputsOf(node)) inputs.push(await prepare(input, signal));
    const ready = withInputs(node, inputs);
    if (ready.op === 'mapRow') {
      const table = newTable();
      await options.fillMapRow(session, ready, print(ready.input), table, options.watch, signal);
      return { op: 'read', source: table, fields: ready.fields };
    }
    if (ready.op === 'dedupe' && ready.dropped !== undefined && options.countDropped) {
      const table = newTable();
      const rows = await findDuplicates(session, ready, print, table, signal);
      duplicates.set(ready, table);
      dropped.set(ready.dropped, (dropped.get(ready.dropped) ?? 0) + rows);
    }
    return ready;
  }

  async function prepare(node: RelationNode, signal: AbortSignal): Promise<RelationNode> {
    const known = made.get(node) ?? make(node, signal);
    made.set(node, known);
    return await known;
  }

  return {
    prepare,
    print,
    dropped,
    async clear(signal) {
      for (const table of tables.splice(0)) {
        await session.run(`drop table ${identifier(table)}`, signal);
      }
    },
  };
}

/**
 * Keeps the keys that are there more than once: their number is a figure of its own, and ranking only
 * their rows costs next to nothing (docs/adr/0006).
 *
 * @returns the rows that are one too many.
 */
async function findDuplicates(
  session: BulkSession,
  { input, key }: Dedupe,
  print: (node: RelationNode) => string,
  table: string,
  signal: AbortSignal,
): Promise<number> {
  const copies = nameBeside(key);
  const counted = columnOf<'int64'>({ name: copies, type: int64, nullable: false });
  const repeated = relation(input)
    .aggregate(key, () => ({ [copies]: count() }))
    .filter(() => greater(counted, 1));
  await session.run(`create table ${identifier(table)} as\n${print(repeated.node)}`, signal);
  const [row] = await session.rows(
    `select cast(coalesce(sum(${copies} - 1), 0) as bigint) as dropped from ${identifier(table)}`,
    signal,
  );
  return Number(row?.['dropped']);
}

function nameBeside(names: readonly string[]): string {
  const taken = new Set(names.map((name) => name.toLowerCase()));
  let name = 'copies';
  while (taken.has(name)) name += '_';
  return name;
}

/** The node over other inputs, which have the same columns. */
function withInputs(node: RelationNode, inputs: readonly RelationNode[]): RelationNode {
  if (inputsOf(node).every((input, index) => input === inputs[index])) return node;
  const [first, second] = inputs;
  switch (node.op) {
    case 'read':
      return node;
    case 'union':
    case 'sql':
      return { ...node, inputs };
    case 'join':
      return { ...node, left: first ?? node.left, right: second ?? node.right };
    default:
      return { ...node, input: first ?? node.input };
  }
}
