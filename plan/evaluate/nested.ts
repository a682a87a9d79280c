import type { PlanCell } from '../types.ts';
import type { Compile } from './functions.ts';
import { given, unary, variadic } from './vector.ts';

export const nested = {
  listOf: (_, args) => variadic(args, (values) => values),
  presentOf: (_, args) => variadic(args, (values) => values.filter((value) => value !== null)),
  listLength: (call, args) => unary(call, args, (a: readonly PlanCell[]) => a.length),
  element: (call, args) =>
    unary(call, args, (a: readonly PlanCell[]) => a[call.parameters.index - 1] ?? null),
  structOf: (_, args) => variadic(args, (values) => values),
  field: (call, args) => {
    const { type } = given(call.args[0]);
    const at =
      type.kind === 'struct'
        ? type.fields.findIndex(({ name }) => name === call.parameters.name)
        : -1;
    return unary(call, args, (a: readonly PlanCell[]) => a[at] ?? null);
  },
} satisfies Partial<Compile>;
