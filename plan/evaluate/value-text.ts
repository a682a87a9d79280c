import { decimalText } from '../expression.ts';
import type { PlanCell, PlanType, PlanValue } from '../types.ts';
import { civilOf, DAY_MICROS, floorDivide } from './calendar.ts';

/** A value as text: what `cast` to text gives, and for the other kinds what a message shows. */
export function valueText(value: PlanValue, type: PlanType): string {
  switch (type.kind) {
    case 'decimal':
      return decimalText(value as bigint, type.scale);
    case 'date':
      return dateText(value as number);
    case 'timestamp':
    case 'localTimestamp':
      return timeText(value as bigint);
    case 'binary':
      return `0x${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'list':
      return `[${(value as readonly PlanCell[]).map((item) => cellText(item, type.item)).join(', ')}]`;
    case 'struct': {
      const cells = value as readonly PlanCell[];
      const fields = type.fields.map(
        (field, index) => `${field.name}: ${cellText(cells[index] ?? null, field.type)}`,
      );
      return `{${fields.join(', ')}}`;
    }
    case 'float64':
      return Object.is(value, -0) ? '-0' : String(value);
    default:
      return String(value);
  }
}

function cellText(value: PlanCell, type: PlanType): string {
  return value === null ? 'null' : valueText(value, type);
}

/** `YYYY-MM-DD`. */
function dateText(day: number): string {
  const { year, month, day: ofMonth } = civilOf(day);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(ofMonth)}`;
}

/** `YYYY-MM-DD hh:mm:ss`, with the digits of the fraction that are needed. */
function timeText(micros: bigint): string {
  const day = floorDivide(micros, DAY_MICROS);
  const rest = Number(micros - day * DAY_MICROS);
  const seconds = Math.floor(rest / 1e6);
  const fraction = rest % 1e6;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const digits = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  return `${dateText(Number(day))} ${clock}${digits}`;
}

function two(value: number): string {
  return value < 10 ? `0${String(value)}` : String(value);
}
