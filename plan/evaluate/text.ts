import type { PlanCell } from '../types.ts';
import type { Compile } from './functions.ts';
import { unary, binary } from './vector.ts';

const SURROGATE = /[\ud800-\udfff]/;

export const text = {
  upper: (call, args) => unary(call, args, upper),
  lower: (call, args) => unary(call, args, lower),
  trim: (call, args) => unary(call, args, (a: string) => trimEnd(trimStart(a))),
  trimStart: (call, args) => unary(call, args, trimStart),
  trimEnd: (call, args) => unary(call, args, trimEnd),
  length: (call, args) => unary(call, args, length),
  byteLength: (call, args) => unary(call, args, (a: string) => Buffer.byteLength(a, 'utf8')),
  substring: (call, args) => {
    const { start, length: count } = call.parameters;
    return unary(call, args, (a: string) => part(a, start - 1, start - 1 + count));
  },
  left: (call, args) => unary(call, args, (a: string) => part(a, 0, call.parameters.length)),
  right: (call, args) =>
    unary(call, args, (a: string) => part(a, Math.max(0, length(a) - call.parameters.length))),
  padStart: (call, args) => {
    const { length: wanted, pad } = call.parameters;
    return unary(call, args, (a: string) => padding(a, wanted, pad) + part(a, 0, wanted));
  },
  padEnd: (call, args) => {
    const { length: wanted, pad } = call.parameters;
    return unary(call, args, (a: string) => part(a, 0, wanted) + padding(a, wanted, pad));
  },
  replace: (call, args) => {
    const { search, replacement } = call.parameters;
    return unary(call, args, (a: string) => a.replaceAll(search, () => replacement));
  },
  contains: (call, args) => binary(call, args, (a: string, b: string) => a.includes(b)),
  startsWith: (call, args) => binary(call, args, (a: string, b: string) => a.startsWith(b)),
  endsWith: (call, args) => binary(call, args, (a: string, b: string) => a.endsWith(b)),
  position: (call, args) =>
    binary(call, args, (a: string, b: string) => {
      const at = a.indexOf(b);
      return at < 0 ? 0 : length(a.slice(0, at)) + 1;
    }),
  split: (call, args) =>
    unary(call, args, (a: string): PlanCell => a.split(call.parameters.separator)),
  splitPart: (call, args) => {
    const { separator, index } = call.parameters;
    const at = index > 0 ? index - 1 : index;
    return unary(call, args, (a: string) => a.split(separator).at(at) ?? '');
  },
} satisfies Partial<Compile>;

function upper(value: string): string {
  return /[a-z]/.test(value) ? value.replace(/[a-z]+/g, (run) => run.toUpperCase()) : value;
}

function lower(value: string): string {
  return /[A-Z]/.test(value) ? value.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : value;
}

function trimStart(value: string): string {
  return value.startsWith(' ') ? value.replace(/^ +/, '') : value;
}

function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0 && value[end - 1] === ' ') end--;
  return value.slice(0, end);
}

function length(value: string): number {
  return SURROGATE.test(value) ? Array.from(value).length : value.length;
}

/** Code points from `start` (from 0) up to `end`. */
function part(value: string, start: number, end?: number): string {
  if (!SURROGATE.test(value)) return value.slice(start, end);
  return Array.from(value).slice(start, end).join('');
}

function padding(value: string, wanted: number, pad: string): string {
  const missing = wanted - length(value);
  if (missing <= 0) return '';
  const points = Array.from(pad);
  return (
    pad.repeat(Math.floor(missing / points.length)) +
    points.slice(0, missing % points.length).join('')
  );
}
