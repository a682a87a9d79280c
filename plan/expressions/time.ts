import { call, type Expression } from '../expression.ts';
import type { TimeUnit } from '../functions.ts';
import { int32, int64, timestamp } from '../types.ts';
import { type Operand, operand } from './literal.ts';

/* Instants are looked at in UTC. Other zones are not here yet: engines differ where clocks change. */

type TimeKind = 'timestamp' | 'localTimestamp';

export function hour(a: Expression<TimeKind>): Expression<'int32'> {
  return call('hour', int32, a.nullable, [a], {});
}

export function minute(a: Expression<TimeKind>): Expression<'int32'> {
  return call('minute', int32, a.nullable, [a], {});
}

/** Whole seconds, 0 to 59. */
export function second(a: Expression<TimeKind>): Expression<'int32'> {
  return call('second', int32, a.nullable, [a], {});
}

export function truncateTime<K extends TimeKind>(a: Expression<K>, unit: TimeUnit): Expression<K> {
  return call<K, 'truncateTime'>('truncateTime', a.type, a.nullable, [a], { unit });
}

export function addSeconds<K extends TimeKind>(
  a: Expression<K>,
  seconds: Operand<'int64'>,
): Expression<K> {
  const count = operand(seconds, int64);
  return call<K, 'addSeconds'>('addSeconds', a.type, a.nullable || count.nullable, [a, count], {});
}

/** Microseconds since 1970-01-01 00:00:00. */
export function epochMicros(a: Expression<TimeKind>): Expression<'int64'> {
  return call('epochMicros', int64, a.nullable, [a], {});
}

export function fromEpochMicros(a: Expression<'int64'>): Expression<'timestamp'> {
  return call('fromEpochMicros', timestamp, a.nullable, [a], {});
}
