import type { TimeUnit } from '../functions.ts';
import { DAY_MICROS, floorDivide, isMoment } from './calendar.ts';
import type { Compile } from './functions.ts';
import { binary, NoResult, unary } from './vector.ts';

const UNIT_MICROS: Readonly<Record<TimeUnit, bigint>> = {
  day: DAY_MICROS,
  hour: 3_600_000_000n,
  minute: 60_000_000n,
  second: 1_000_000n,
};

export const times = {
  hour: (call, args) => unary(call, args, (a: bigint) => Math.floor(secondOfDay(a) / 3600)),
  minute: (call, args) => unary(call, args, (a: bigint) => Math.floor(secondOfDay(a) / 60) % 60),
  second: (call, args) => unary(call, args, (a: bigint) => secondOfDay(a) % 60),
  truncateTime: (call, args) => {
    const unit = UNIT_MICROS[call.parameters.unit];
    return unary(call, args, (a: bigint) => floorDivide(a, unit) * unit);
  },
  addSeconds: (call, args) =>
    binary(call, args, (a: bigint, seconds: bigint) => inRange(a + seconds * 1_000_000n)),
  epochMicros: (call, args) => unary(call, args, (a: bigint) => a),
  fromEpochMicros: (call, args) => unary(call, args, inRange),
} satisfies Partial<Compile>;

function secondOfDay(micros: bigint): number {
  return Number((micros - floorDivide(micros, DAY_MICROS) * DAY_MICROS) / 1_000_000n);
}

function inRange(micros: bigint): bigint {
  if (!isMoment(micros)) throw new NoResult('the time is before the year 1 or after 9999');
  return micros;
}
