/**
 * Runs tasks at the same time. When one fails the others are aborted and awaited, so that nothing is
 * left running, and the first failure is thrown.
 */
export async function allOrNone<T>(
  tasks: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<T[]> {
  const siblings = new AbortController();
  const each = AbortSignal.any([signal, siblings.signal]);
  const failures: unknown[] = [];
  const results = await Promise.all(
    tasks.map(async (task) => {
      try {
        return { value: await task(each) };
      } catch (error) {
        failures.push(error);
        siblings.abort(error);
        return undefined;
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  return results.flatMap((result) => (result === undefined ? [] : [result.value]));
}

/** As `allOrNone`, with at most `lanes` tasks at work at a time, in their order. */
export async function inLanes<T>(
  lanes: number,
  tasks: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<T[]> {
  const queue = tasks.entries();
  const results: [number, T][] = [];
  await allOrNone(
    Array.from({ length: Math.min(lanes, tasks.length) }, () => async (each: AbortSignal) => {
      // All lanes take from the one iterator.
      for (const [index, task] of queue) results.push([index, await task(each)]);
    }),
    signal,
  );
  return results.sort(([a], [b]) => a - b).map(([, result]) => result);
}
