import type { Column } from '../core/schema.ts';
import type { SourceColumn } from '../core/strategy.ts';
import type { Expression } from '../plan/expression.ts';
import { cast } from '../plan/expressions/cast.ts';
import { isNotNull, isNull } from '../plan/expressions/comparison.ts';
import { nullOf } from '../plan/expressions/literal.ts';
import { and } from '../plan/expressions/logic.ts';
import { columnOf } from '../plan/plan.ts';
import type { ReadField } from '../plan/relation.ts';
import { sameType, string } from '../plan/types.ts';
import { readAs } from './quality/source-types.ts';
import { ACCEPTED_TYPE, isChanged, type SchemaContract } from './schema-contract.ts';
import { converted, holdsAll, planTypeOf } from './source-values.ts';
import type { RequiredColumn } from './transform.ts';

/** A rule that follows from the schema contract: rows that break it have a true `flag`. */
export interface SchemaRule {
  readonly rule: string;
  /** `warn`: the value is null then. */
  readonly action: 'quarantine' | 'warn';
  readonly says: string;
  /** Column of a relation with {@link SourceReading.columns}. */
  readonly flag: string;
}

/** A column that came with the source, under the name that it has until the rows are the result. */
export interface Carried {
  readonly name: string;
  readonly column: Column;
}

/** How a source's columns are read where they are not as the job knows them. */
export interface SourceReading {
  readonly fields: readonly ReadField[];
  /** Columns computed from them: values as the job knows them, and the flags of the rules. */
  readonly columns: Readonly<Record<string, Expression>>;
  readonly carried: readonly Carried[];
  readonly rules: readonly SchemaRule[];
}

export const AS_KNOWN: SourceReading = { fields: [], columns: {}, carried: [], rules: [] };

/**
 * How a source with these columns is read. What the policies do not allow was refused before.
 *
 * @param evolved - columns that the load has besides the job's own.
 */
export function readingOf(
  columns: readonly SourceColumn[],
  required: readonly RequiredColumn[],
  evolved: readonly Column[],
  { newColumns, changedTypes }: SchemaContract,
): SourceReading {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const fields: ReadField[] = [];
  const derived: Record<string, Expression> = {};
  const rules: SchemaRule[] = [];
  const read = (field: Omit<ReadField, 'nullable' | 'name'> & { readonly from: string }) => {
    const made: ReadField = { ...field, name: `raw_${String(fields.length)}`, nullable: true };
    fields.push(made);
    return columnOf(made);
  };
  const rule = (found: Omit<SchemaRule, 'flag'>, broken: Expression<'bool'>) => {
    const flag = `schema_${String(rules.length)}`;
    rules.push({ ...found, flag });
    derived[flag] = broken;
  };
  const convert = (source: SourceColumn, to: Column, name: string) => {
    const type = readAs(source) ?? string;
    const wanted = planTypeOf(to.type);
    const raw = read({ from: source.name, type });
    if (holdsAll(to.type, source)) {
      derived[name] = sameType(type, wanted) ? raw : cast(raw, wanted, { onError: 'null' });
      return;
    }
    const value = converted(raw, to.type);
    derived[name] = value;
    const action = changedTypes === 'ignore' ? 'warn' : 'quarantine';
    const says = `${to.name}, which is ${source.type} now, as ${wanted.kind}`;
    rule({ rule: `${to.name}_type`, action, says }, and(isNotNull(raw), isNull(value)));
  };

  for (const each of required) {
    const source = byName.get(each.name);
    if (source === undefined || !isChanged(each, source)) continue;
    const { name, accepts } = each;
    convert(source, { name, type: ACCEPTED_TYPE[accepts], nullable: true }, name);
  }
  const carried = evolved.map((column, index): Carried => ({
    name: `new_${String(index)}`,
    column,
  }));
  for (const { name, column } of carried) {
    const source = byName.get(column.name);
    if (source === undefined) derived[name] = nullOf(planTypeOf(column.type));
    else convert(source, column, name);
  }
  if (newColumns === 'quarantine') {
    const known = new Set([...required, ...evolved].map(({ name }) => name));
    for (const { name } of columns.filter((column) => !known.has(column.name))) {
      const raw = read({ from: name, type: string, asText: true });
      rule(
        { rule: `${name}_unknown`, action: 'quarantine', says: `${name}, which is new, is null` },
        isNotNull(raw),
      );
    }
  }
  return { fields, columns: derived, carried, rules };
}
