import { backquoted } from '../../../core/engine.ts';
import type { OutputContract } from '../../../core/schema.ts';

/** Selects the rows that a load decides about; undefined: all. */
export function conditionOf(
  contract: OutputContract,
  covers: readonly string[] | undefined,
): string | undefined {
  if (covers === undefined) return undefined;
  const column = contract.columns.find(({ name }) => name === contract.partitionBy);
  const isNumber = column?.type.kind === 'int32' || column?.type.kind === 'int64';
  const values = covers.map((value) => (isNumber ? BigInt(value).toString() : sparkText(value)));
  if (values.length === 0) return 'false';
  return `${backquoted(contract.partitionBy)} in (${values.join(', ')})`;
}

/** In Spark's SQL a backslash escapes, and a doubled quote does not. */
function sparkText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
