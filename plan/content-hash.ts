import type { Column, OutputContract } from '../core/schema.ts';
import { count, sum } from './aggregate.ts';
import type { Expression } from './expression.ts';
import { cast } from './expressions/cast.ts';
import { coalesce } from './expressions/conditional.ts';
import { floatBits, hash60 } from './expressions/hash.ts';
import { text } from './expressions/literal.ts';
import { concat } from './expressions/text.ts';
import { fieldOf } from './nodes.ts';
import { columnOf, type Relation, readFields, relation } from './plan.ts';
import type { ReadField } from './relation.ts';
import { decimal, type PlanType, string } from './types.ts';

/** Columns that say who loaded a row and when; not part of a row's content. */
const NOT_CONTENT: ReadonlySet<string> = new Set(['created_by', 'loaded_at']);
/** The columns that are a row's content: first the job's own, in the contract's order. */
export function ownContent({ columns }: OutputContract): readonly Column[] {
  return columns.filter(({ name, evolved }) => evolved !== true && !NOT_CONTENT.has(name));
}

/**
 * Then those that came with the source, by name. Each adds its {@link evolvedPrefix} and its text where
 * it has a value, and nothing where it is null: so rows that were loaded before have the same hash.
 */
export function evolvedContent({ columns }: OutputContract): readonly Column[] {
  return columns
    .filter(({ evolved, type: { kind }, hashed }) => {
      const isHashed = kind === 'float64' ? hashed === true : kind !== 'binary';
      return evolved === true && isHashed;
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Stands before the text of a column that came with the source. */
export function evolvedPrefix({ name }: Column): string {
  return `${name}=`;
}

/** Stands between two columns: no text of a column has it. */
export const SEPARATOR = '\u001F';
/** Stands for null. */
export const NULL_TEXT = '\u001E';

/** Name under which a session binds the files of a result. */
export const RESULT = 'result';

/** The contract's columns as a plan reads them from the files of a result. */
export function readResult(contract: OutputContract): Relation {
  return readFields(RESULT, fieldsOf(contract));
}

function fieldsOf(contract: OutputContract): readonly ReadField[] {
  return contract.columns.map(({ name, type, nullable }): ReadField => {
    const plain: PlanType = type.kind === 'string' ? string : type;
    return { name, type: plain, nullable };
  });
}

/** Which rows {@link contentOf} is about, when they are not those of a result. */
export interface ContentSource {
  /** Name under which they are bound. */
  readonly name: string;
  /** A column of them, a text that is never null and not of the contract, in place of the partition. */
  readonly by?: string;
}

/**
 * Rows and content hash of each partition: columns `partition` (text), `rows` and `hash`. The hash of
 * a row is the first 15 hex digits of the md5 of its canonical text, as an integer; sums of it do
 * not depend on the order of rows. Defined in `docs/semantics.md`, equal on every engine.
 */
export function contentOf(
  contract: OutputContract,
  { name: source, by }: ContentSource = { name: RESULT },
): Relation {
  const group: readonly ReadField[] =
    by === undefined ? [] : [{ name: by, type: string, nullable: false }];
  const { node } = readFields(source, [...fieldsOf(contract), ...group]);
  const own = ownContent(contract).flatMap(({ name }, index) => {
    const field = fieldOf(node, name);
    const canonical = canonicalText(columnOf(field), field.nullable);
    return index === 0 ? [canonical] : [text(SEPARATOR), canonical];
  });
  const evolved = evolvedContent(contract).map((column) => {
    const value = textOf(columnOf(fieldOf(node, column.name)));
    return coalesce(concat(SEPARATOR + evolvedPrefix(column), value), '');
  });
  const hashed = [...own, ...evolved];
  return relation(node)
    .select(() => ({
      partition: cast(columnOf(fieldOf(node, by ?? contract.partitionBy)), string),
      row_hash: cast(hash60(concat(...hashed)), decimal(19, 0)),
    }))
    .aggregate(['partition'], (row) => ({ rows: count(), hash: sum(row.row_hash) }));
}

/** No two engines spell a float alike: it counts by its bits. */
function textOf(column: Expression): Expression<'string'> {
  const isFloat = column.type.kind === 'float64';
  return cast(isFloat ? floatBits(column as Expression<'float64'>) : column, string);
}

function canonicalText(column: Expression, nullable: boolean): Expression<'string'> {
  const asText = textOf(column);
  return nullable ? coalesce(asText, NULL_TEXT) : asText;
}
