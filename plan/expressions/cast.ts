import { call, describeExpression, type Expression } from '../expression.ts';
import type { OnError } from '../functions.ts';
import { planInvalid } from '../invalid.ts';
import { type Kind, planTypeName, sameType, type TypeOf } from '../types.ts';

/**
 * Which kinds a kind can be cast to; `docs/semantics.md` says what each does. Text is read strictly:
 * one spelling a type, no spaces, no partial dates. float64 has no text of its own (three engines,
 * three spellings): cast it to a decimal first.
 */
export const CASTS = {
  bool: ['bool', 'string'],
  int32: ['int32', 'int64', 'decimal', 'float64', 'string'],
  int64: ['int32', 'int64', 'decimal', 'float64', 'string'],
  decimal: ['int32', 'int64', 'decimal', 'float64', 'string'],
  float64: ['int32', 'int64', 'decimal', 'float64'],
  string: [
    ...['bool', 'int32', 'int64', 'decimal', 'float64', 'string'],
    ...['binary', 'date', 'timestamp', 'localTimestamp'],
  ] as Kind[],
  binary: ['binary'],
  date: ['date', 'string', 'timestamp', 'localTimestamp'],
  timestamp: ['timestamp', 'date', 'string', 'localTimestamp'],
  localTimestamp: ['localTimestamp', 'date', 'string', 'timestamp'],
  list: [],
  struct: [],
} as const satisfies Record<Kind, readonly Kind[]>;

/** Casts that have a result for every value. */
const TOTAL: Partial<Record<Kind, readonly Kind[]>> = {
  int32: ['int64', 'float64', 'string'],
  int64: ['float64', 'string'],
  decimal: ['float64', 'string'],
  bool: ['string'],
  date: ['string', 'timestamp', 'localTimestamp'],
  timestamp: ['date', 'string', 'localTimestamp'],
  localTimestamp: ['date', 'string', 'timestamp'],
  string: ['binary'],
};

/**
 * Converts a value. Decimals and floats become integers by dropping the fraction, decimals of a
 * smaller scale half away from zero; zoneless times are taken as UTC.
 *
 * @param onError - what a value without a result does: end the run, or become null.
 * @throws JobError `PLAN_INVALID` for a pair that {@link CASTS} does not have.
 */
export function cast<K extends Kind>(
  a: Expression,
  to: TypeOf<K>,
  { onError }: { readonly onError: OnError } = { onError: 'fail' },
): Expression<K> {
  if (sameType(a.type, to)) return a as Expression<K>;
  const from = a.type.kind;
  const possible: readonly Kind[] = CASTS[from];
  if (!possible.includes(to.kind)) {
    throw planInvalid(
      `cast(${describeExpression(a)}): ${planTypeName(a.type)} cannot become ${planTypeName(to)}`,
      possible.length > 0
        ? `${from} can become ${possible.join(', ')}`
        : `${from} can be cast to nothing`,
    );
  }
  const total = TOTAL[from]?.includes(to.kind) ?? false;
  return call('cast', to, a.nullable || (onError === 'null' && !total), [a], { to, onError });
}
