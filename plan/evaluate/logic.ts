import type { CallOf, ColumnReference, Expression } from '../expression.ts';
import { type PlanCell, sameType } from '../types.ts';
import type { Compile } from './functions.ts';
import { comparatorOf, equalityOf } from './order.ts';
import { type Batch, binary, given, unary, variadic, type Vector } from './vector.ts';

export const logic = {
  and: (_, args) => decided(args, false),
  or: (_, args) => decided(args, true),
  not: (call, args) => unary(call, args, (a: boolean) => !a),
  caseWhen: (call, args, compile) => lookup(call, compile) ?? caseWhen(args),
  coalesce: (_, args) => coalesce(args),
  nullIf: (call, args) => {
    const [first, second] = [given(call.args[0]), given(call.args[1])];
    const equal = equalityOf(first.type, second.type);
    return variadic(args, ([a = null, b = null]) =>
      a !== null && b !== null && equal(a, b) ? null : a,
    );
  },
  greatest: (call, args) => extreme(call, args, 1),
  least: (call, args) => extreme(call, args, -1),
  concat: (call, args) => {
    const [first, ...others] = args;
    if (args.length === 2) return binary(call, args, (a: string, b: string) => a + b);
    return others.length === 0
      ? given(first)
      : variadic(args, (parts) => (parts.includes(null) ? null : parts.join('')));
  },
} satisfies Partial<Compile>;

/** The rows of a batch that `rows` names. */
function among(batch: Batch, rows: readonly number[]): Batch {
  return { ...batch, selection: rows };
}

/** `and` and `or`: one argument decides, and those after it are not looked at. */
function decided(args: readonly Vector[], deciding: boolean): Vector {
  return (batch) => {
    const out = new Array<PlanCell>(batch.size);
    let open = batch.selection;
    for (const row of open) out[row] = !deciding;
    for (const arg of args) {
      if (open.length === 0) break;
      const values = arg(among(batch, open));
      const rest: number[] = [];
      for (const row of open) {
        const value = values[row] ?? null;
        if (value === deciding) {
          out[row] = deciding;
        } else {
          if (value === null) out[row] = null;
          rest.push(row);
        }
      }
      open = rest;
    }
    return out;
  };
}

function caseWhen(args: readonly Vector[]): Vector {
  const branches: { readonly condition: Vector; readonly value: Vector }[] = [];
  for (let at = 0; at + 1 < args.length; at += 2) {
    branches.push({ condition: given(args[at]), value: given(args[at + 1]) });
  }
  const otherwise = given(args.at(-1));
  return (batch) => {
    const out = new Array<PlanCell>(batch.size);
    let open = batch.selection;
    for (const { condition, value } of branches) {
      if (open.length === 0) break;
      const holds = condition(among(batch, open));
      const taken: number[] = [];
      const rest: number[] = [];
      for (const row of open) (holds[row] === true ? taken : rest).push(row);
      fill(out, value, batch, taken);
      open = rest;
    }
    fill(out, otherwise, batch, open);
    return out;
  };
}

function fill(out: PlanCell[], value: Vector, batch: Batch, rows: readonly number[]): void {
  if (rows.length === 0) return;
  const values = value(among(batch, rows));
  for (const row of rows) out[row] = values[row] ?? null;
}

/** A case that decodes one column, literal by literal, is one look into a map. */
function lookup(
  { args }: CallOf<'caseWhen'>,
  compile: (expression: Expression) => Vector,
): Vector | undefined {
  const values = new Map<PlanCell, PlanCell>();
  let key: ColumnReference | undefined;
  for (let at = 0; at + 1 < args.length; at += 2) {
    const [condition, value] = [given(args[at]), given(args[at + 1])];
    const tested = equalToLiterals(condition);
    if (tested === undefined || value.op !== 'literal') return undefined;
    if (key !== undefined && tested.column.name !== key.name) return undefined;
    key = tested.column;
    for (const from of tested.literals) if (!values.has(from)) values.set(from, value.value);
  }
  const last = given(args.at(-1));
  if (key === undefined || last.op !== 'literal') return undefined;
  const otherwise = last.value;
  const keys = compile(key);
  return (batch) => {
    const column = keys(batch);
    const out = new Array<PlanCell>(batch.size);
    for (const row of batch.selection) {
      const found = values.get(column[row] ?? null);
      out[row] = found === undefined ? otherwise : found;
    }
    return out;
  };
}

function equalToLiterals(condition: Expression) {
  if (condition.op !== 'call' || (condition.name !== 'equal' && condition.name !== 'isIn')) {
    return undefined;
  }
  const [column, ...others] = condition.args;
  if (column?.op !== 'column') return undefined;
  const literals: PlanCell[] = [];
  for (const other of others) {
    // A map finds what `equal` does for one type; bytes are objects, which it tells apart.
    const comparable = sameType(other.type, column.type) && other.type.kind !== 'binary';
    if (other.op !== 'literal' || other.value === null || !comparable) return undefined;
    literals.push(other.value);
  }
  return { column, literals };
}

/** The first argument that has a value; those after it are not looked at. */
function coalesce(args: readonly Vector[]): Vector {
  return (batch) => {
    const out = new Array<PlanCell>(batch.size);
    let open = batch.selection;
    for (const row of open) out[row] = null;
    for (const arg of args) {
      if (open.length === 0) break;
      const values = arg(among(batch, open));
      const rest: number[] = [];
      for (const row of open) {
        const value = values[row] ?? null;
        if (value === null) rest.push(row);
        else out[row] = value;
      }
      open = rest;
    }
    return out;
  };
}

/** @param sign - 1 for the greatest, -1 for the least. */
function extreme(
  { args: [first] }: CallOf<'greatest' | 'least'>,
  args: readonly Vector[],
  sign: number,
): Vector {
  const compare = comparatorOf(given(first).type);
  return variadic(args, (values) =>
    values.reduce((best, value) => {
      if (value === null) return best;
      return best === null || compare(value, best) * sign > 0 ? value : best;
    }),
  );
}
