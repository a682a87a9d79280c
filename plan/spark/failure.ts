import { type Call, describeExpression } from '../expression.ts';
import { sparkText } from './names.ts';

/** In front of every message that a printed `raise_error` ends the run with. */
export const VALUE_ERROR = 'dray: ';

/** Longest description of an expression, and longest text of a value, in a message. */
const MAX_SHOWN = 200;

/**
 * An expression that ends the run and says what of which values has no result. It takes the type of
 * the branches beside it. It must not be reached with a null: its message would be null too.
 */
export function failure(call: Call, args: readonly string[], reason: string): string {
  const shown = describeExpression(call);
  const what = shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}...` : shown;
  const values = args.map((arg) => `left(cast(${arg} as string), ${String(MAX_SHOWN)})`);
  const parts = [
    sparkText(`${VALUE_ERROR}${what} of `),
    values.join(`, ' and ', `),
    sparkText(`: ${reason}`),
  ];
  return `raise_error(concat(${parts.join(', ')}))`;
}
