import type { Batch } from '../../plan/evaluate/vector.ts';
import type { RelationNode } from '../../plan/relation.ts';
import type { Dropped, RowError } from '../../plan/session.ts';
import type { Field } from '../../plan/types.ts';
import type { BulkSession } from '../bulk/session.ts';

/** The rows of one node of a plan, as its consumer needs them. */
export interface Stream {
  /** Columns of the batches, in their order; a part of the node's. */
  readonly fields: readonly Field[];
  /** Runs the node and all below it once. Batches are the consumer's; it may keep their columns. */
  run(pass: Pass, emit: (batch: Batch) => void): Promise<void>;
}

export interface Pass {
  /** True where the same rows come again: their errors are not told twice. */
  readonly silent: boolean;
  /** Waits, between batches, until the consumer has room for more. */
  pause(): Promise<void>;
  readonly signal: AbortSignal;
}

/** One run of a plan, and what its steps share. */
export interface PlanRun {
  readonly session: BulkSession;
  /** Absent: the first row that fails ends the run. */
  readonly onRowError: ((error: RowError) => void) | undefined;
  /** Bytes, estimated, that one step may hold. */
  readonly maxHeldBytes: number;
  /** Rows that each dedupe left out, set by its last run: a shared node runs more than once. */
  readonly dropped: Map<RelationNode, { readonly name: string; readonly rows: number }>;
  /** Nodes whose row errors somebody tells already. */
  readonly told: Set<RelationNode>;
}

export function droppedRows({ dropped }: PlanRun): Dropped {
  const sums = new Map<string, number>();
  for (const { name, rows } of dropped.values()) sums.set(name, (sums.get(name) ?? 0) + rows);
  return Object.fromEntries(sums);
}

/** Takes the node's row errors, if they are to be told and nobody else does. */
export function tellsErrors({ told }: PlanRun, node: RelationNode, pass: Pass): boolean {
  if (pass.silent || told.has(node)) return false;
  told.add(node);
  return true;
}

/** The node's fields of these names, in the node's order. */
export function fieldsNamed(node: RelationNode, names: Iterable<string>): readonly Field[] {
  const wanted = new Set(names);
  return node.fields.filter(({ name }) => wanted.has(name));
}

export function columnIndex(fields: readonly Field[], name: string): number {
  const at = fields.findIndex((field) => field.name === name);
  if (at < 0) throw new RangeError(`there is no column "${name}"`);
  return at;
}

/** For passes whose rows go nowhere. */
export async function noPause(): Promise<void> {
  // There is nothing to wait for.
}
