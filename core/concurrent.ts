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
