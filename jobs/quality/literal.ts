import type { Expression } from '../../plan/expression.ts';
import {
  bigInteger,
  boolean,
  dateOf,
  decimalNumber,
  double,
  instantOf,
  localTimestampOf,
  text,
} from '../../plan/expressions/literal.ts';
import { isDate } from '../../core/window.ts';
import { planTypeName, type PlanType } from '../../plan/types.ts';

/** A value as a config has it. Numbers beyond 2^53 and exact decimals may be texts. */
export type RuleValue = string | number | boolean;

/**
 * A config's value as a literal that can be compared with a column of the type. A fraction beside an
 * integer column stays a decimal.
 *
 * @throws RangeError for a value that is none of the type.
 */
export function literalOf(value: RuleValue, type: PlanType): Expression {
  switch (type.kind) {
    case 'bool':
      if (typeof value === 'boolean') return boolean(value);
      break;
    case 'string':
      if (typeof value === 'string') return text(value);
      break;
    case 'float64':
      if (typeof value === 'number') return double(value);
      break;
    case 'int32':
    case 'int64':
    case 'decimal':
      if (typeof value !== 'boolean') return numberOf(String(value), type);
      break;
    case 'date':
      if (typeof value === 'string' && isDate(value)) return dateOf(value);
      break;
    case 'timestamp':
      if (typeof value === 'string') return instantOf(value.replace(/^(\S{10}) /, '$1T'));
      break;
    case 'localTimestamp':
      if (typeof value === 'string') return localTimestampOf(value.replace(/^(\S{10}) /, '$1T'));
      break;
    default:
  }
  throw new RangeError(`${JSON.stringify(value)} is not ${articled(type)}`);
}

/** An exact number: int64, or decimal where it has a fraction or stands beside a decimal. */
export function numberOf(value: string, beside?: PlanType): Expression {
  const isWhole = /^-?\d+$/.test(value);
  return isWhole && beside?.kind !== 'decimal' ? bigInteger(BigInt(value)) : decimalNumber(value);
}

function articled(type: PlanType): string {
  const name = planTypeName(type);
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}
