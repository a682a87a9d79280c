import type { CallOf } from '../expression.ts';
import type { FunctionName } from '../functions.ts';

/** SQL of a call's arguments; the builders in expressions/ have checked how many there are. */
export type Arguments = readonly [string, string, ...string[]];

/**
 * SQL of a call. What it returns stands on its own (a call, a cast, a case, something in parentheses),
 * so that it can be put anywhere.
 */
export type Printer<F extends FunctionName> = (args: Arguments, call: CallOf<F>) => string;

export type Printers<F extends FunctionName = FunctionName> = {
  readonly [Name in F]: Printer<Name>;
};
