import type { Call, Expression } from '../expression.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { printCast } from './casts.ts';
import { COMPARISON } from './comparison.ts';
import { DATES } from './dates.ts';
import { printLiteral } from './literals.ts';
import { sparkName } from './names.ts';
import { NESTED } from './nested.ts';
import type { Arguments, Printers } from './printer.ts';
import { TEXT } from './text.ts';

const PRINTERS: Printers = {
  ...COMPARISON,
  ...ARITHMETIC,
  cast: printCast,
  ...TEXT,
  ...DATES,
  ...NESTED,
};

/** An expression in Spark's SQL; columns are named without the relation they stand in. */
export function printExpression(expression: Expression): string {
  switch (expression.op) {
    case 'column':
      return sparkName(expression.name);
    case 'literal':
      return printLiteral(expression.value, expression.type);
    case 'call':
      return printCall(expression);
  }
}

function printCall(call: Call): string {
  // The compiler cannot see that a name's printer takes calls of that name.
  const print = PRINTERS[call.name] as (args: Arguments, call: Call) => string;
  return print(call.args.map(printExpression) as unknown as Arguments, call);
}
