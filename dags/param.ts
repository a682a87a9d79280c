/** A parameter that people may set when they trigger a DAG. */
export interface Param<Value extends string = string> {
  readonly kind: 'param';
  readonly name: string;
  readonly choices: readonly Value[];
  readonly initial: Value;
  readonly description?: string;
}

/** One of a few words; the first is what runs on schedule have. */
export function choice<const Value extends string>(
  name: string,
  choices: readonly [Value, ...Value[]],
  description?: string,
): Param<Value> {
  const [initial] = choices;
  return {
    ...{ kind: 'param', name, choices, initial },
    ...(description === undefined ? {} : { description }),
  };
}
