import type { OutputContract } from '../../../core/schema.ts';
import { sparkName, sparkText } from '../../../plan/spark/names.ts';

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
  return `${sparkName(contract.partitionBy)} in (${values.join(', ')})`;
}
