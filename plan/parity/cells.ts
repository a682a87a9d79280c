import { dateOfEpochDay } from '../../core/window.ts';
import { decimalText } from '../expression.ts';
import type { PlanCell, PlanType } from '../types.ts';

/**
 * A value as a text that is the same for the same value only. `0.0` and `-0.0` are different here,
 * and equal for the plan: where rows are grouped, deduplicated or compared, either may come out.
 */
export function cellText(value: PlanCell, type: PlanType): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'string':
      return JSON.stringify(value);
    case 'float64':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'decimal':
      return typeof value === 'bigint' ? decimalText(value, type.scale) : odd(value);
    case 'date':
      return isDay(value) ? dateOfEpochDay(value) : odd(value);
    case 'timestamp':
    case 'localTimestamp':
      return typeof value === 'bigint' ? timeText(value) : odd(value);
    case 'binary':
      return value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : odd(value);
    case 'int64':
      return typeof value === 'bigint' ? String(value) : odd(value);
    case 'list':
      return Array.isArray(value)
        ? `[${(value as readonly PlanCell[]).map((each) => cellText(each, type.item)).join(', ')}]`
        : odd(value);
    case 'struct':
      return Array.isArray(value) ? structText(value as readonly PlanCell[], type) : odd(value);
    case 'bool':
    case 'int32':
      return typeof value === (type.kind === 'bool' ? 'boolean' : 'number')
        ? cellNumber(value)
        : odd(value);
  }
}

/** Like {@link cellText}, but the same for the two zeros, anywhere in the value. */
export function equalText(value: PlanCell, type: PlanType): string {
  if (value === null) return 'null';
  if (type.kind === 'float64') return cellText(Object.is(value, -0) ? 0 : value, type);
  if (!Array.isArray(value)) return cellText(value, type);
  const items = value as readonly PlanCell[];
  const typeAt = (at: number): PlanType | undefined =>
    type.kind === 'list' ? type.item : type.kind === 'struct' ? type.fields[at]?.type : undefined;
  return `[${items.map((each, at) => equalText(each, typeAt(at) ?? type)).join(', ')}]`;
}

function structText(
  values: readonly PlanCell[],
  type: PlanType & { readonly kind: 'struct' },
): string {
  if (values.length !== type.fields.length) return odd(values);
  const fields = type.fields.map(
    (field, at) => `${field.name}: ${cellText(values[at] ?? null, field.type)}`,
  );
  return `{${fields.join(', ')}}`;
}

function cellNumber(value: PlanCell): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A value that an engine should not give for a type: shown as what it is, equal to nothing right. */
function odd(value: PlanCell): string {
  const shown =
    typeof value === 'object'
      ? JSON.stringify(value, (_, each: unknown) =>
          typeof each === 'bigint' ? `${String(each)}n` : each,
        )
      : String(value);
  return `${typeof value} ${shown}`;
}

const LAST_DAY = 2_932_896;

function isDay(value: PlanCell): value is number {
  return Number.isInteger(value) && Math.abs(Number(value)) <= LAST_DAY;
}

const DAY_MICROS = 86_400_000_000n;

/** `2017-01-02 03:04:05.678901`, or the bare microseconds of a time that no date has. */
function timeText(micros: bigint): string {
  const rest = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS;
  const days = Number((micros - rest) / DAY_MICROS);
  if (!isDay(days)) return `${String(micros)} us`;
  const at = (unit: bigint, size: bigint) => String((rest / unit) % size).padStart(2, '0');
  const clock = [at(3_600_000_000n, 24n), at(60_000_000n, 60n), at(1_000_000n, 60n)].join(':');
  return `${dateOfEpochDay(days)} ${clock}.${String(rest % 1_000_000n).padStart(6, '0')}`;
}
