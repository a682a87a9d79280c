import type { ColumnType } from '../core/schema.ts';
import type { SourceColumn } from '../core/strategy.ts';
import type { Expression } from '../plan/expression.ts';
import { cast, CASTS } from '../plan/expressions/cast.ts';
import { equal } from '../plan/expressions/comparison.ts';
import { when } from '../plan/expressions/conditional.ts';
import { matches } from '../plan/expressions/text.ts';
import { type Kind, MAX_PRECISION, type PlanType, string } from '../plan/types.ts';
import { readAs } from './quality/source-types.ts';

/** Digits of the widest integers that are not decimals. */
const INT64_DIGITS = 19;

/**
 * The type of a column that came with the source: the widest of its kind, so that a source whose
 * values grow needs no other. Undefined for nested values and bytes, which have no order to choose
 * among duplicates by.
 */
export function evolvedType(column: SourceColumn): ColumnType | undefined {
  const type = readAs(column);
  switch (type?.kind) {
    case 'decimal':
      return { kind: 'decimal', precision: MAX_PRECISION, scale: type.scale };
    case 'int32':
    case 'int64':
      return { kind: 'int64' };
    case 'bool':
    case 'float64':
    case 'date':
    case 'timestamp':
      return { kind: type.kind };
    case 'string':
      return { kind: 'string' };
    case 'localTimestamp':
      // Of no zone is taken as UTC, as everywhere in a plan.
      return { kind: 'timestamp' };
    case undefined:
    case 'binary':
    case 'list':
    case 'struct':
      return undefined;
  }
}

/** Whether every value that a source's column can have is one of the type, unchanged. */
export function holdsAll(type: ColumnType, column: SourceColumn): boolean {
  const found = readAs(column);
  const own = evolvedType(column);
  if (found === undefined || own === undefined) return false;
  if (type.kind === 'decimal') {
    const whole = type.precision - type.scale;
    if (found.kind === 'int64') return whole >= INT64_DIGITS;
    return (
      found.kind === 'decimal' &&
      found.scale <= type.scale &&
      found.precision - found.scale <= whole
    );
  }
  return own.kind === type.kind;
}

/** The type as plans have it. */
export function planTypeOf(type: ColumnType): PlanType {
  return type.kind === 'string' ? string : type;
}

/** Whether some value of the one type is one of the other. */
export function canConvert(from: PlanType, to: ColumnType): boolean {
  return kindsFrom(from.kind).includes(to.kind);
}

function kindsFrom(kind: Kind): readonly Kind[] {
  return CASTS[kind];
}

/** The value as another type, where it is one without any loss; else null. */
export function converted(value: Expression, type: ColumnType): Expression {
  const to = planTypeOf(type);
  const result = cast(value, to, { onError: 'null' });
  const from = value.type;
  if (from.kind === 'string' && to.kind === 'decimal') {
    // A cast would round.
    const exact = matches(
      value as Expression<'string'>,
      `^[^.]*([.][0-9]{0,${String(to.scale)}}0*)?$`,
    );
    return when(exact, result).orNull();
  }
  if (from.kind === 'string' || to.kind === 'string') return result;
  if (!kindsFrom(to.kind).includes(from.kind)) return result;
  return when(equal<Kind>(cast(result, from, { onError: 'null' }), value), result).orNull();
}
