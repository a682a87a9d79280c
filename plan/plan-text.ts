import type { RelationNode } from './relation.ts';

/**
 * A plan as text that changes whenever its meaning does, on any engine; part of the load id. A
 * function per row is known by its name only.
 */
export function planText(node: RelationNode): string {
  return JSON.stringify(node, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value.toString()}n`;
    if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
    // JSON has no NaN, no infinities and no negative zero.
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return `float ${Object.is(value, -0) ? '-0' : String(value)}`;
    }
    return value;
  });
}
