import { types } from 'node:util';
import { JobError } from '../../core/errors.ts';
import { describeNode } from '../../plan/explain.ts';
import type { RelationNode } from '../../plan/relation.ts';
import type { PlanCell } from '../../plan/types.ts';
import type { PlanRun } from './stream.ts';

/** Of an array and its place in a map. */
const ROW_BYTES = 100;
const CELL_BYTES = 24;

/** What a step holds in memory, by a rough estimate, against what it may hold. */
export interface Held {
  /** @throws JobError `ENGINE_OUT_OF_MEMORY` where it is too much. */
  add(bytes: number): void;
}

export function heldBy(node: RelationNode, { maxHeldBytes }: Pick<PlanRun, 'maxHeldBytes'>): Held {
  let held = 0;
  return {
    add(bytes) {
      held += bytes;
      if (held <= maxHeldBytes) return;
      const limit = `${String(Math.floor(maxHeldBytes / 2 ** 20))} MiB`;
      throw new JobError(
        'ENGINE_OUT_OF_MEMORY',
        `"${describeNode(node)}" holds more than ${limit} in this process`,
        { hint: 'set "strategy_type" to "bulk" or "bigdata", which spill to disk' },
      );
    },
  };
}

export function bytesOf(cells: readonly PlanCell[]): number {
  let bytes = ROW_BYTES;
  for (const cell of cells) {
    bytes += CELL_BYTES;
    if (typeof cell === 'string' || types.isUint8Array(cell)) bytes += cell.length;
    else if (typeof cell === 'object' && cell !== null) bytes += bytesOf(cell);
  }
  return bytes;
}
