/**
 * Places just before and after each external effect. Tests compose a context whose `reach` pauses or
 * ends the process there; the product's own context does nothing.
 */
export interface Failpoints {
  /** @param name - `<part>:<effect>:<before|after>`, such as `delta:commit:before`. */
  reach(name: string): Promise<void>;
}

export const noFailpoints: Failpoints = { reach: () => Promise.resolve() };
