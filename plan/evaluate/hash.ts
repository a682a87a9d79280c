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
} satisfies Partial<Compile>;

function bytes(value: string | Uint8Array): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
}
