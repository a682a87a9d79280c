import { types } from 'node:util';
import type { PlanCell, PlanType } from '../types.ts';
import { isDay, isMoment } from './calendar.ts';
import { fitsPrecision } from './decimal.ts';

/** Whether a value from elsewhere is one of the type, as `PlanValue` describes them; null always is. */
export function conforms(value: unknown, type: PlanType): value is PlanCell {
  if (value === null) return true;
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean';
    case 'int32':
      return typeof value === 'number' && (value | 0) === value;
    case 'int64':
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
    case 'float64':
      return typeof value === 'number';
    case 'decimal':
      return typeof value === 'bigint' && fitsPrecision(value, type.precision);
    case 'string':
      // Half of a surrogate pair has no UTF-8.
      return typeof value === 'string' && value.isWellFormed();
    case 'binary':
      return types.isUint8Array(value);
    case 'date':
      return typeof value === 'number' && Number.isInteger(value) && isDay(value);
    case 'timestamp':
    case 'localTimestamp':
      return typeof value === 'bigint' && isMoment(value);
    case 'list':
      return Array.isArray(value) && value.every((item) => conforms(item, type.item));
    case 'struct':
      return (
        Array.isArray(value) &&
        value.length === type.fields.length &&
        type.fields.every((field, index) => conforms(value[index], field.type))
      );
  }
}
