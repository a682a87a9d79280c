import { decimalText } from '../expression.ts';
import { type Kind, planTypeName, type PlanType, type PlanValue, type TypeOf } from '../types.ts';
import { DAY_MICROS, floorDivide } from './calendar.ts';
import { decimalOfFloat, fitsPrecision, parseDecimal, powerOfTen, rescale } from './decimal.ts';
import type { Compile } from './functions.ts';
import { parseDate, parseFloat64, parseInteger, parseMoment } from './parse.ts';
import { valueText } from './value-text.ts';
import { given, NoResult, unary } from './vector.ts';

/** A converted value; undefined where there is none. */
type Convert = (value: PlanValue) => PlanValue | undefined;

export const casts = {
  cast: (call, args) => {
    const { to, onError } = call.parameters;
    const convert = converter(given(call.args[0]).type, to);
    return unary(call, args, (value: PlanValue) => {
      const converted = convert(value);
      if (converted !== undefined) return converted;
      if (onError === 'null') return null;
      throw new NoResult(`it is no ${planTypeName(to)}`);
    });
  },
} satisfies Partial<Compile>;

function converter(from: PlanType, to: PlanType): Convert {
  if (to.kind === 'string') return textOf(from);
  const converters: Partial<Record<Kind, (from: PlanType) => Convert>> = {
    bool: () => (value) => parseBool(value as string),
    int32: toInt32,
    int64: toInt64,
    float64: toFloat64,
    decimal: (each) => toDecimal(each, to as TypeOf<'decimal'>),
    binary: () => (value) => new TextEncoder().encode(value as string),
    date: toDate,
    timestamp: (each) => toMoment(each, true),
    localTimestamp: (each) => toMoment(each, false),
  };
  return given(converters[to.kind])(from);
}

function textOf(from: PlanType): Convert {
  return (value) => valueText(value, from);
}

function parseBool(text: string): boolean | undefined {
  if (/^true$/i.test(text)) return true;
  return /^false$/i.test(text) ? false : undefined;
}

function toInt64(from: PlanType): Convert {
  const integer = wholeNumber(from);
  return (value) => {
    const whole = integer(value);
    return whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined;
  };
}

function toInt32(from: PlanType): Convert {
  const integer = wholeNumber(from);
  return (value) => {
    const whole = integer(value);
    return whole !== undefined && BigInt.asIntN(32, whole) === whole ? Number(whole) : undefined;
  };
}

/** Without its fraction. */
function wholeNumber(from: PlanType): (value: PlanValue) => bigint | undefined {
  switch (from.kind) {
    case 'string':
      return (value) => parseInteger(value as string);
    case 'decimal': {
      const unit = powerOfTen(from.scale);
      return (value) => (value as bigint) / unit;
    }
    case 'float64':
      return (value) => wholeOfFloat(value as number);
    default:
      return (value) => BigInt(value as number | bigint);
  }
}

/** From 2^63 on in either direction there is none, -2^63 included: engines clamp there. */
function wholeOfFloat(value: number): bigint | undefined {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : undefined;
}

function toFloat64(from: PlanType): Convert {
  if (from.kind === 'string') return (value) => parseFloat64(value as string);
  if (from.kind !== 'decimal') return Number;
  return (value) => Number(decimalText(value as bigint, from.scale));
}

function toDecimal(from: PlanType, { precision, scale }: TypeOf<'decimal'>): Convert {
  const unscaled = (value: PlanValue): bigint | undefined => {
    switch (from.kind) {
      case 'string':
        return parseDecimal(value as string, scale);
      case 'float64':
        return decimalOfFloat(value as number, scale);
      case 'decimal':
        return rescale(value as bigint, from.scale, scale);
      default:
        return rescale(BigInt(value as number | bigint), 0, scale);
    }
  };
  return (value) => {
    const found = unscaled(value);
    return found !== undefined && fitsPrecision(found, precision) ? found : undefined;
  };
}

function toDate(from: PlanType): Convert {
  if (from.kind === 'string') return (value) => parseDate(value as string);
  return (value) => Number(floorDivide(value as bigint, DAY_MICROS));
}

/** @param zoned - whether the text must name an offset, or must not. */
function toMoment(from: PlanType, zoned: boolean): Convert {
  if (from.kind === 'string') return (value) => parseMoment(value as string, zoned);
  if (from.kind === 'date') return (value) => BigInt(value as number) * DAY_MICROS;
  return (value) => value;
}
