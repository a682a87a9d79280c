/** A type a value of a plan can have: what sinks take, and what exists only between them. */
export type PlanType =
  | { readonly kind: 'bool' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'float64' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** Unicode text; its order is that of its UTF-8 bytes. */
  | { readonly kind: 'string' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'date' }
  /** An instant, microseconds. */
  | { readonly kind: 'timestamp' }
  /** A wall clock's date and time, microseconds, of no zone. */
  | { readonly kind: 'localTimestamp' }
  | { readonly kind: 'list'; readonly item: PlanType }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] };

export type Kind = PlanType['kind'];

/** The type of a kind: `TypeOf<'decimal'>` has precision and scale. */
export type TypeOf<K extends Kind> = PlanType & { readonly kind: K };

export type IntegerKind = 'int32' | 'int64';
export type NumberKind = IntegerKind | 'decimal' | 'float64';
/** Kinds that have an order. */
export type OrderedKind = Exclude<Kind, 'list' | 'struct' | 'binary'>;

export interface Field {
  readonly name: string;
  readonly type: PlanType;
  readonly nullable: boolean;
}

/**
 * A value as JavaScript holds it, never a lossy number: int32 and float64 are numbers, int64 is a
 * bigint, a decimal its unscaled bigint (1.50 as decimal(5,2) is 150n), a date the days since
 * 1970-01-01 as a number, both timestamps the microseconds since 1970-01-01 00:00:00 as a bigint,
 * a list an array, a struct the array of its fields' values.
 */
export type PlanValue = boolean | number | bigint | string | Uint8Array | readonly PlanCell[];
export type PlanCell = PlanValue | null;

export const bool: TypeOf<'bool'> = { kind: 'bool' };
export const int32: TypeOf<'int32'> = { kind: 'int32' };
export const int64: TypeOf<'int64'> = { kind: 'int64' };
export const float64: TypeOf<'float64'> = { kind: 'float64' };
export const string: TypeOf<'string'> = { kind: 'string' };
export const binary: TypeOf<'binary'> = { kind: 'binary' };
export const date: TypeOf<'date'> = { kind: 'date' };
/** An instant. */
export const timestamp: TypeOf<'timestamp'> = { kind: 'timestamp' };
export const localTimestamp: TypeOf<'localTimestamp'> = { kind: 'localTimestamp' };

/** Digits of the widest decimal that every engine has. */
export const MAX_PRECISION = 38;

/** @throws RangeError unless 1 <= precision <= 38 and 0 <= scale <= precision. */
export function decimal(precision: number, scale: number): TypeOf<'decimal'> {
  const fits =
    Number.isInteger(precision) &&
    Number.isInteger(scale) &&
    precision >= 1 &&
    precision <= MAX_PRECISION &&
    scale >= 0 &&
    scale <= precision;
  if (!fits) {
    throw new RangeError(
      `decimal(${String(precision)},${String(scale)}): precision is 1 to 38, scale 0 to precision`,
    );
  }
  return { kind: 'decimal', precision, scale };
}

export function list(item: PlanType): TypeOf<'list'> {
  return { kind: 'list', item };
}

export function struct(fields: readonly Field[]): TypeOf<'struct'> {
  return { kind: 'struct', fields };
}

/** A type as people write it: `decimal(5,2)`, `list(string)`. */
export function planTypeName(type: PlanType): string {
  switch (type.kind) {
    case 'list':
      return `list(${planTypeName(type.item)})`;
    case 'struct':
      return `struct(${type.fields.map((field) => `${field.name} ${planTypeName(field.type)}`).join(', ')})`;
    case 'decimal':
      return `decimal(${String(type.precision)},${String(type.scale)})`;
    case 'localTimestamp':
      return 'local timestamp';
    default:
      return type.kind;
  }
}

export function sameType(a: PlanType, b: PlanType): boolean {
  return planTypeName(a) === planTypeName(b);
}
