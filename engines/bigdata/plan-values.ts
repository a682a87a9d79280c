import { epochDay } from '../../core/window.ts';
import type { PlanRow } from '../../plan/session.ts';
import type { Field, PlanCell, PlanType } from '../../plan/types.ts';
import type { SparkRow, SparkStruct, SparkValue } from './arrow.ts';

const DAY_MICROS = 86_400_000_000n;

/** A row of a plan's result from what Arrow held, without loss. */
export function planRow(row: SparkRow, fields: readonly Field[]): PlanRow {
  return Object.fromEntries(
    fields.map(({ name, type }) => [name, planCell(row[name] ?? null, type)]),
  );
}

function planCell(value: SparkValue, type: PlanType): PlanCell {
  if (value === null) return null;
  switch (type.kind) {
    case 'decimal':
      // The text has all digits of the scale.
      return BigInt((value as string).replace('.', ''));
    case 'date':
      return epochDay(value as string);
    case 'timestamp':
    case 'localTimestamp':
      return microsOf(value as string);
    case 'list':
      return (value as readonly SparkValue[]).map((item) => planCell(item, type.item));
    case 'struct': {
      const struct = value as SparkStruct;
      return type.fields.map((field) => planCell(struct[field.name] ?? null, field.type));
    }
    default:
      return value as Exclude<PlanCell, null>;
  }
}

/** Of `2017-06-05 01:02:03.4567`, with or without `+00`. */
function microsOf(text: string): bigint {
  const [day = '', time = ''] = text.replace('+00', '').split(' ');
  const [clock = '', fraction = ''] = time.split('.');
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  const ofDay = BigInt(hours * 3600 + minutes * 60 + seconds) * 1_000_000n;
  return BigInt(epochDay(day)) * DAY_MICROS + ofDay + BigInt(fraction.padEnd(6, '0'));
}
