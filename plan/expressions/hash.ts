import { call, type Expression } from '../expression.ts';
import { int64, string } from '../types.ts';

/** 32 lower-case hex digits of the md5 of the UTF-8 text. */
export function md5(a: Expression<'string'>): Expression<'string'> {
  return call('md5', string, a.nullable, [a], {});
}

/** 64 lower-case hex digits. */
export function sha256(a: Expression<'string'>): Expression<'string'> {
  return call('sha256', string, a.nullable, [a], {});
}

/** The first 15 hex digits of the md5 as a number: 60 bits, never negative. */
export function hash60(a: Expression<'string'>): Expression<'int64'> {
  return call('hash60', int64, a.nullable, [a], {});
}

/** Upper-case hex digits of the bytes; text as UTF-8. */
export function hex(a: Expression<'string' | 'binary'>): Expression<'string'> {
  return call('hex', string, a.nullable, [a], {});
}

/** Without line breaks; text as UTF-8. */
export function base64(a: Expression<'string' | 'binary'>): Expression<'string'> {
  return call('base64', string, a.nullable, [a], {});
}

/**
 * The 64 bits of IEEE 754 as an int64, as Java's `doubleToLongBits` has them, but 0 for both zeros: equal
 * numbers alone have equal ones, NaN being equal to itself.
 */
export function floatBits(a: Expression<'float64'>): Expression<'int64'> {
  return call('floatBits', int64, a.nullable, [a], {});
}
