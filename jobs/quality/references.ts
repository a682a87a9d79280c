import type { SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Source, SourcePart } from '../../core/strategy.ts';
import type { PlanSession } from '../../plan/session.ts';
import { planTypeName } from '../../plan/types.ts';
import type { Reference } from './row-checks.ts';
import type { Rules } from './rules.ts';
import { readAs } from './source-types.ts';

/** Opens the other source of a rule `references`, with the reader that its config names. */
export type OpenReference = (
  config: Reference['in'],
  session: SqlSession,
  signal: AbortSignal,
) => Promise<Source>;

/**
 * Opens and binds what the rules `references` look into.
 *
 * @returns what exactly is read, which is part of the load id.
 * @throws JobError `SOURCE_SCHEMA` for a column that is not there, or whose values never equal the row's.
 */
export async function bindReferences(
  rules: Rules,
  open: OpenReference,
  session: PlanSession,
  signal: AbortSignal,
): Promise<readonly SourcePart[]> {
  const parts: SourcePart[] = [];
  for (const { name, reference } of rules.rows) {
    if (reference === undefined) continue;
    const opened = await open(reference.in, session.sql, signal);
    assertComparable(name, reference, opened);
    const still = (await opened.materialize?.(signal)) ?? opened;
    await session.bind(reference.source, still.relation, signal);
    parts.push(...still.snapshot);
  }
  return parts;
}

function assertComparable(rule: string, { keys, columns }: Reference, other: Source): void {
  const names = other.columns.map((column) => column.name);
  const problems = columns.flatMap((name, index) => {
    const found = other.columns.find((column) => column.name === name);
    if (found === undefined) {
      const near = nearest(name, names);
      return [
        `there is no column "${name}"${near === undefined ? '' : `, did you mean "${near}"?`}`,
      ];
    }
    const [own, its] = [keys[index]?.type, readAs(found)];
    if (own === undefined || own.kind === its?.kind) return [];
    return [`column "${name}" is ${found.type}, which is never equal to ${planTypeName(own)}`];
  });
  if (problems.length === 0) return;
  throw new JobError(
    'SOURCE_SCHEMA',
    `rule ${rule}: ${other.location} does not have the columns it looks into:\n  ${problems.join('\n  ')}`,
    { hint: `it has ${names.join(', ')}; "in_columns" says which ones to compare` },
  );
}
