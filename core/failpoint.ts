/**
 * Places just before and after each external effect. Tests compose a context whose `reach` pauses or
 * ends the process there; the product's own context does nothing.
 */
export interface Failpoints {
  /** @param name - `<part>:<effect>:<before|after>`, such as `delta:commit:before`. */
  reach(name: string): Promise<void>;
}

export const noFailpoints: Failpoints = { reach: () => Promise.resolve() };

/**
 * Runs one external effect between its two places; the second is not reached when it fails.
 *
 * @param name - `<part>:<effect>`
 */
export async function effect<T>(
  failpoints: Failpoints,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  await failpoints.reach(`${name}:before`);
  const result = await work();
  await failpoints.reach(`${name}:after`);
  return result;
}

/** What a method of a store does to the world outside: something, or nothing that stays. */
export type EffectKind = 'effect' | 'look';

/**
 * A store whose every effect lies between failpoints, whoever calls it: code that uses the store
 * cannot forget them.
 *
 * @param store - an object of functions that do without `this`.
 * @param kinds - one for each method, so that a new one has to be thought of.
 */
export function betweenFailpoints<Store extends object>(
  store: Store,
  part: string,
  kinds: Readonly<Record<string, EffectKind>>,
  failpoints: Failpoints,
): Store {
  if (failpoints === noFailpoints) return store;
  const guarded = Object.entries(store)
    .filter(([name]) => kinds[name] === 'effect')
    .map(([name, method]: [string, (...given: readonly unknown[]) => Promise<unknown>]) => [
      name,
      (...given: readonly unknown[]) =>
        effect(failpoints, `${part}:${name}`, () => method(...given)),
    ]);
  return { ...store, ...(Object.fromEntries(guarded) as Partial<Store>) };
}
