import { identifier } from '../../core/engine.ts';
import type { Expression } from '../expression.ts';
import type { FunctionName } from '../functions.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { printCast } from './casts.ts';
import { COMPARISON } from './comparison.ts';
import { DATES_AND_TIMES } from './dates.ts';
import { printLiteral } from './literals.ts';
import { NESTED } from './nested.ts';
import type { Arguments, Printer, Printers } from './printer.ts';
import { TEXT } from './text.ts';

const PRINTERS: Printers = {
  ...COMPARISON,
  ...ARITHMETIC,
  ...TEXT,
  ...DATES_AND_TIMES,
  ...NESTED,
  cast: printCast,
};

/**
 * An expression as DuckDB SQL, over columns that have their plan types. It stands on its own and has
 * exactly the type that `duckDbType` names.
 */
export function printExpression(expression: Expression): string {
  switch (expression.op) {
    case 'column':
      return identifier(expression.name);
    case 'literal':
      return printLiteral(expression.value, expression.type);
    case 'call': {
      const args = expression.args.map(printExpression);
      // The compiler cannot see that a name, its printer and its parameters belong together.
      const print = PRINTERS[expression.name] as Printer<FunctionName>;
      return print(args as readonly string[] as Arguments, expression);
    }
  }
}
