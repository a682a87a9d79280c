import { dateOfEpochDay } from '../../core/window.ts';
import { decimalText } from '../expression.ts';
import type { PlanCell, PlanType, PlanValue } from '../types.ts';
import { sparkText } from './names.ts';
import { sparkType } from './types.ts';

const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;

/** A literal with its type spelled out: by itself, Spark gives `0.1` the type decimal(1,1). */
export function printLiteral(value: PlanCell, type: PlanType): string {
  const name = sparkType(type);
  if (value === null) return `cast(null as ${name})`;
  switch (type.kind) {
    case 'bool':
      return value === true ? 'true' : 'false';
    case 'int32':
    case 'int64':
      return `cast(${String(value)} as ${name})`;
    case 'float64':
      // Parsed from text: that has NaN, the infinities and the sign of zero.
      return `cast(${sparkText(floatText(value as number))} as ${name})`;
    case 'decimal':
      return `cast(${decimalText(value as bigint, type.scale)} as ${name})`;
    case 'string':
      return sparkText(value as string);
    case 'binary':
      return `X'${Buffer.from(value as Uint8Array).toString('hex')}'`;
    case 'date':
      return `date '${dateOfEpochDay(value as number)}'`;
    case 'timestamp':
      return `timestamp_ltz '${timeText(value as bigint)}Z'`;
    case 'localTimestamp':
      return `timestamp_ntz '${timeText(value as bigint)}'`;
    case 'list': {
      const items = cells(value).map((item) => printLiteral(item, type.item));
      return `cast(array(${items.join(', ')}) as ${name})`;
    }
    case 'struct': {
      const values = cells(value);
      const fields = type.fields.map(
        (field, at) => `${sparkText(field.name)}, ${printLiteral(values[at] ?? null, field.type)}`,
      );
      return `named_struct(${fields.join(', ')})`;
    }
  }
}

function cells(value: PlanValue): readonly PlanCell[] {
  return value as readonly PlanCell[];
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** `2017-01-02 03:04:05.678901`. */
function timeText(micros: bigint): string {
  const ofDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const day = dateOfEpochDay(Number((micros - ofDay) / MICROS_PER_DAY));
  const seconds = Number(ofDay / MICROS_PER_SECOND);
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
  return `${day} ${clock}.${String(ofDay % MICROS_PER_SECOND).padStart(6, '0')}`;
}
