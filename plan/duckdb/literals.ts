import { identifier, quote } from '../../core/engine.ts';
import { dateOfEpochDay } from '../../core/window.ts';
import { decimalText } from '../expression.ts';
import type { PlanCell, PlanType } from '../types.ts';
import { castTo } from './types.ts';

const MICROS_PER_SECOND = 1_000_000n;

/** A literal that DuckDB gives exactly this type: a bare `1` or `0.1` has one of its own choice. */
export function printLiteral(value: PlanCell, type: PlanType): string {
  if (value === null) return castTo(type, 'null');
  switch (type.kind) {
    case 'bool':
      return String(value);
    case 'int32':
      return Number(value) < 0 ? castTo(type, String(value)) : String(value);
    case 'int64':
      return castTo(type, String(value));
    case 'float64':
      return printDouble(value as number);
    case 'decimal':
      return castTo(type, quote(decimalText(value as bigint, type.scale)));
    case 'string':
      return printText(value as string);
    case 'binary':
      return `from_hex('${Buffer.from(value as Uint8Array).toString('hex')}')`;
    case 'date':
      return `date '${dateOfEpochDay(value as number)}'`;
    case 'timestamp':
      return `timestamptz '${timeText(value as bigint)}+00'`;
    case 'localTimestamp':
      return `timestamp '${timeText(value as bigint)}'`;
    case 'list': {
      const items = value as readonly PlanCell[];
      return castTo(type, `[${items.map((item) => printLiteral(item, type.item)).join(', ')}]`);
    }
    case 'struct': {
      const cells = value as readonly PlanCell[];
      const fields = type.fields.map(
        (field, index) =>
          `${identifier(field.name)} := ${printLiteral(cells[index] ?? null, field.type)}`,
      );
      return castTo(type, `struct_pack(${fields.join(', ')})`);
    }
  }
}

/** Text of any characters: SQL cannot spell the one that is NUL. */
export function printText(text: string): string {
  if (!text.includes('\0')) return quote(text);
  return `(${text.split('\0').map(quote).join(' || chr(0) || ')})`;
}

function printDouble(value: number): string {
  if (Number.isNaN(value)) return `cast('NaN' as double)`;
  if (!Number.isFinite(value) || Object.is(value, -0)) {
    return `cast('${Object.is(value, -0) ? '-0.0' : String(value)}' as double)`;
  }
  const text = String(value);
  const spelled = text.includes('e') ? text : `${text}e0`;
  return value < 0 ? `(${spelled})` : spelled;
}

/** `2017-01-02 03:04:05.678901` of microseconds since 1970. */
function timeText(micros: bigint): string {
  const fraction = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND;
  const seconds = (micros - fraction) / MICROS_PER_SECOND;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return `${whole}.${fraction.toString().padStart(6, '0')}`;
}
