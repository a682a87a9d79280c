import { effect as between, type Failpoints } from '../../../core/failpoint.ts';

/** Does one thing that others can see, between its two failpoints. */
export async function effect<T>(
  failpoints: Failpoints,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  return await between(failpoints, `parquet:${name}`, work);
}
