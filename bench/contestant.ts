import type { Contestant } from './arguments.ts';
import type { BenchContext } from './context.ts';
import { loadWithDray } from './load.ts';
import { loadWithPeer } from './peer.ts';
import type { Load, LoadTask } from './task.ts';

/** Runs a contestant in processes of its own. @throws Error when it fails. */
export async function runContestant(
  name: Contestant,
  task: LoadTask,
  context: BenchContext,
  signal: AbortSignal,
): Promise<Load> {
  switch (name) {
    case 'bulk':
    case 'row':
    case 'bigdata':
      return await loadWithDray(name, task, context, signal);
    case 'pyspark':
    case 'polars':
      return await loadWithPeer(name, task, context, signal);
  }
}
