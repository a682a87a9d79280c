import { quote } from '../../core/engine.ts';
import { type Call, describeExpression } from '../expression.ts';

/** In front of every message that a printed `error` ends the run with. */
export const VALUE_ERROR = 'dray: ';

/** Longest description of an expression, and longest text of a value, in a message. */
const MAX_SHOWN = 200;

/**
 * An expression that ends the run and says what of which values has no result. It takes the type of
 * the branches beside it. It must not be reached with a null: its message would be null too.
 */
export function failure(call: Call, args: readonly string[], reason: string): string {
  const described = describeExpression(call).replaceAll('\0', '');
  const shown = described.length > MAX_SHOWN ? `${described.slice(0, MAX_SHOWN)}...` : described;
  const values = args.map((arg) => `left(cast(${arg} as varchar), ${String(MAX_SHOWN)})`);
  const texts = [
    quote(`${VALUE_ERROR}${shown} of `),
    values.join(` || ' and ' || `),
    quote(`: ${reason}`),
  ];
  return `error(${texts.join(' || ')})`;
}
