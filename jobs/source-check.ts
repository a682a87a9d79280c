import { JobError } from '../core/errors.ts';
import type { Source } from '../core/strategy.ts';
import type { RequiredColumn } from './transform.ts';

const ACCEPTED: Readonly<Record<RequiredColumn['accepts'], RegExp>> = {
  integer: /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/,
  text: /^VARCHAR$/,
};

/**
 * Compares what the source declares with what the transform needs, before a row is read.
 *
 * @returns names of columns that nothing uses.
 * @throws JobError `SOURCE_SCHEMA` listing every column that is missing or would lose values.
 */
export function checkSource(
  source: Source,
  required: readonly RequiredColumn[],
): readonly string[] {
  const columns = new Map(source.columns.map((column) => [column.name, column]));
  const problems = required.flatMap(({ name, accepts }) => {
    const found = columns.get(name);
    if (found === undefined) return [`column "${name}": expected ${accepts}, found no such column`];
    if (found.missingIn !== undefined) return [`column "${name}": missing in ${found.missingIn}`];
    if (ACCEPTED[accepts].test(found.type)) return [];
    return [`column "${name}": expected ${accepts}, found ${found.type}`];
  });
  if (problems.length > 0) {
    throw new JobError(
      'SOURCE_SCHEMA',
      `${source.location} does not have the columns the job reads:\n  ${problems.join('\n  ')}`,
      { hint: `the source has: ${source.columns.map((c) => `${c.name} ${c.type}`).join(', ')}` },
    );
  }
  const used = new Set(required.map((column) => column.name));
  return source.columns.map((column) => column.name).filter((name) => !used.has(name));
}
