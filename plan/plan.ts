import type { Aggregate } from './aggregate.ts';
import type { Expression, KindOf } from './expression.ts';
import { planInvalid } from './invalid.ts';
import {
  assertColumns,
  distinct,
  fieldOf,
  joined,
  namedOf,
  selected,
  sortKeys,
  united,
  unknownColumn,
  wholeLimit,
} from './nodes.ts';
import type { JoinKind, ReadField, RelationNode, RowFunction, Sort, Sql } from './relation.ts';
import type { Field, Kind, TypeOf } from './types.ts';

/** Names and kinds of a relation's columns, as the compiler knows them. */
export type Columns = Readonly<Record<string, Kind>>;

export type ColumnsIn<C extends Columns> = { readonly [N in keyof C]: Expression<C[N]> };
type Derived<D extends Readonly<Record<string, Expression>>> = {
  readonly [N in keyof D]: KindOf<D[N]>;
};
type Measured<M extends Readonly<Record<string, Aggregate>>> = {
  readonly [N in keyof M]: M[N]['type']['kind'];
};
type Name<C> = keyof C & string;

/** A key of `sort` or `keep`; made by {@link ascending} and {@link descending}. */
export interface Order<N extends string = string> {
  readonly column: N;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last';
}

export function ascending<N extends string>(column: N, nulls: 'first' | 'last' = 'last'): Order<N> {
  return { column, descending: false, nulls };
}

export function descending<N extends string>(
  column: N,
  nulls: 'first' | 'last' = 'last',
): Order<N> {
  return { column, descending: true, nulls };
}

/** A relation whose columns the compiler knows. Every method gives a new one. */
export interface Relation<C extends Columns = Columns> {
  readonly node: RelationNode;
  /** Exactly the columns that the function returns. */
  select<D extends Readonly<Record<string, Expression>>>(
    columns: (row: ColumnsIn<C>) => D,
  ): Relation<Derived<D>>;
  /** Adds columns, or replaces those of the same name. All see the columns as they were. */
  derive<D extends Readonly<Record<string, Expression>>>(
    columns: (row: ColumnsIn<C>) => D,
  ): Relation<Omit<C, keyof D> & Derived<D>>;
  /** Keeps the rows for which the condition is true. */
  filter(where: (row: ColumnsIn<C>) => Expression<'bool'>): Relation<C>;
  /** Keeps one row a key: the first in the order of `keep`. */
  dedupe(options: {
    readonly key: readonly Name<C>[];
    readonly keep: readonly Order<Name<C>>[];
    /** Name under which the rows left out are counted. */
    readonly dropped?: string;
  }): Relation<C>;
  /** Every pair of rows with equal columns; the right side's key columns are left out. */
  join<D extends Columns>(right: Relation<D>, on: On<C, D>): Relation<C & Omit<D, keyof C>>;
  /** Like `join`, and rows without a partner stay, with nulls. */
  leftJoin<D extends Columns>(right: Relation<D>, on: On<C, D>): Relation<C & Omit<D, keyof C>>;
  /** Rows that have a partner, each once. */
  semiJoin<D extends Columns>(right: Relation<D>, on: On<C, D>): Relation<C>;
  /** Rows that have none. */
  antiJoin<D extends Columns>(right: Relation<D>, on: On<C, D>): Relation<C>;
  /** One row a group with these figures; without `by`, one row. */
  aggregate<N extends Name<C>, M extends Readonly<Record<string, Aggregate>>>(
    by: readonly N[],
    measures: (row: ColumnsIn<C>) => M,
  ): Relation<Pick<C, N> & Measured<M>>;
  /** The rows of both, duplicates kept, columns by name. */
  union(other: Relation<C>): Relation<C>;
  /** @param limit - keep only the first so many. */
  sort(by: readonly Order<Name<C>>[], limit?: number): Relation<C>;
  /**
   * Calls a TypeScript function for each row, with values as `PlanValue` describes them. Not on
   * Spark: there is no Node on its executors.
   *
   * @param name - changes whenever the function's meaning does; part of the load id.
   */
  mapRow<D extends Readonly<Record<string, Field['type']>>>(
    name: string,
    fields: D,
    map: RowFunction,
  ): Relation<{ readonly [N in keyof D]: D[N]['kind'] }>;
}

/** Which columns of two relations are equal: shared names, or `{ left: 'a', right: 'b' }`. */
export type On<C, D> = readonly (
  (Name<C> & Name<D>) | { readonly left: Name<C>; readonly right: Name<D> }
)[];

/**
 * A source that the session binds under this name.
 *
 * @param types - its columns; all may be null.
 */
export function read<T extends Readonly<Record<string, Field['type']>>>(
  source: string,
  types: T,
): Relation<{ readonly [N in keyof T]: T[N]['kind'] }> {
  return readFields(
    source,
    Object.entries(types).map(([name, type]) => ({ name, type, nullable: true })),
  );
}

/** Like {@link read}, with the finer choices of {@link ReadField}. */
export function readFields<C extends Columns>(
  source: string,
  fields: readonly ReadField[],
): Relation<C> {
  return relation({ op: 'read', source, fields: distinct('read', fields) });
}

/** A query in the engines' own words; not portable. */
export function sql<T extends Readonly<Record<string, Field['type']>>>(
  text: Sql['text'],
  types: T,
  ...inputs: readonly Relation[]
): Relation<{ readonly [N in keyof T]: T[N]['kind'] }> {
  const fields = Object.entries(types).map(([name, type]) => ({ name, type, nullable: true }));
  return relation({ op: 'sql', fields, text, inputs: inputs.map((input) => input.node) });
}

/** The builder around a node. */
export function relation<C extends Columns>(node: RelationNode): Relation<C> {
  const row = columnsOf<C>(node);
  const join = <D extends Columns, R extends Columns>(
    how: JoinKind,
    right: Relation<D>,
    on: On<C, D>,
  ): Relation<R> => relation(joined(how, node, right.node, on));
  return {
    node,
    select(columns) {
      return relation(selected(node, namedOf(columns(row))));
    },
    derive(columns) {
      const derived = namedOf(columns(row));
      const fresh = new Map(derived.map((each) => [each.name, each]));
      const kept = node.fields.map(
        (field) => fresh.get(field.name) ?? { name: field.name, expression: columnOf(field) },
      );
      const names = new Set(node.fields.map((field) => field.name));
      return relation(selected(node, [...kept, ...derived.filter(({ name }) => !names.has(name))]));
    },
    filter: (where) =>
      relation({ op: 'filter', fields: node.fields, input: node, where: where(row) }),
    dedupe({ key, keep, dropped }) {
      assertColumns('dedupe', node, [...key, ...keep.map((order) => order.column)]);
      if (key.length === 0)
        throw planInvalid('dedupe without a key', 'name the columns of the key');
      return relation({
        ...{ op: 'dedupe', fields: node.fields, input: node, key, keep: sortKeys(node, keep) },
        ...(dropped === undefined ? {} : { dropped }),
      });
    },
    join: (right, on) => join('inner', right, on),
    leftJoin: (right, on) => join('left', right, on),
    semiJoin: (right, on) => join('semi', right, on),
    antiJoin: (right, on) => join('anti', right, on),
    aggregate(by, measures) {
      assertColumns('aggregate', node, by);
      const named = Object.entries(measures(row)).map(([name, aggregate]) => ({ name, aggregate }));
      const fields = distinct('aggregate', [
        ...by.map((name) => fieldOf(node, name)),
        ...named.map(({ name, aggregate: { type, nullable } }) => ({ name, type, nullable })),
      ]);
      return relation({ op: 'aggregate', fields, input: node, by, measures: named });
    },
    union: (other) => relation(united(node, other.node)),
    sort(by, limit) {
      assertColumns(
        'sort',
        node,
        by.map((order) => order.column),
      );
      const sorted: Sort = { op: 'sort', fields: node.fields, input: node, by: sortKeys(node, by) };
      return relation(limit === undefined ? sorted : { ...sorted, limit: wholeLimit(limit) });
    },
    mapRow(name, types, map) {
      const fields = Object.entries(types).map(([each, type]) => ({
        name: each,
        type,
        nullable: true,
      }));
      return relation({ op: 'mapRow', fields: distinct('mapRow', fields), input: node, name, map });
    },
  };
}

/** An expression that is a column, by its field. */
export function columnOf<K extends Kind>(field: Field): Expression<K> {
  return {
    op: 'column',
    name: field.name,
    type: field.type as TypeOf<K>,
    nullable: field.nullable,
  };
}

function columnsOf<C extends Columns>(node: RelationNode): ColumnsIn<C> {
  const columns = Object.fromEntries(node.fields.map((field) => [field.name, columnOf(field)]));
  // What the compiler does not catch (a name from a variable) is an error here, not undefined.
  return new Proxy(columns, {
    get(target, name) {
      if (typeof name === 'symbol') return undefined;
      const found = target[name];
      if (found === undefined) throw unknownColumn(node, name);
      return found;
    },
  }) as ColumnsIn<C>;
}
