import type { Failpoints } from '../../../core/failpoint.ts';

/** Does one thing that others can see, between its two failpoints. */
export async function effect<T>(
  failpoints: Failpoints,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  await failpoints.reach(`parquet:${name}:before`);
  const result = await work();
  await failpoints.reach(`parquet:${name}:after`);
  return result;
}
