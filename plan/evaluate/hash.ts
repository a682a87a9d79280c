import { hash } from 'node:crypto';
import type { Compile } from './functions.ts';
import { unary } from './vector.ts';

export const hashes = {
  md5: (call, args) => unary(call, args, (a: string) => hash('md5', a)),
  sha256: (call, args) => unary(call, args, (a: string) => hash('sha256', a)),
  hash60: (call, args) =>
    unary(call, args, (a: string) => BigInt(`0x${hash('md5', a).slice(0, 15)}`)),
  hex: (call, args) =>
    unary(call, args, (a: string | Uint8Array) => bytes(a).toString('hex').toUpperCase()),
  base64: (call, args) =>
    unary(call, args, (a: string | Uint8Array) => bytes(a).toString('base64')),
  floatBits: (call, args) => unary(call, args, floatBits),
} satisfies Partial<Compile>;

const view = new DataView(new ArrayBuffer(8));

function floatBits(value: number): bigint {
  // Of NaN there are many; zero has a sign that does not count.
  view.setFloat64(0, value === 0 ? 0 : value);
  return Number.isNaN(value) ? 0x7ff8000000000000n : view.getBigInt64(0);
}

function bytes(value: string | Uint8Array): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
}
