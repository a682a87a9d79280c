import { z } from 'zod';
import { JobError } from '../core/errors.ts';
import {
  type Column,
  type ColumnType,
  evolvedColumns,
  type OutputContract,
  typeName,
} from '../core/schema.ts';
import type { Source, SourceColumn } from '../core/strategy.ts';
import { canConvert, evolvedType, holdsAll } from './source-values.ts';
import { readAs } from './quality/source-types.ts';
import type { RequiredColumn } from './transform.ts';

const POLICIES = ['fail', 'evolve', 'ignore', 'quarantine'] as const;
type Policy = (typeof POLICIES)[number];

/** @param evolve - why there is nothing to evolve. */
function withoutEvolve(evolve: string) {
  return z
    .enum(POLICIES)
    .refine((policy) => policy !== 'evolve', `cannot be "evolve": ${evolve}`)
    .default('fail');
}

/** What a job does where its source has other columns than it knows; see docs/quality.md. */
export const schemaContract = z.strictObject({
  newColumns: z.enum(POLICIES).default('ignore'),
  missingColumns: withoutEvolve('the columns that a job reads are its own'),
  changedTypes: withoutEvolve(
    'columns that came with the source have the widest type of their kind, so that none has to become wider',
  ),
});
export type SchemaContract = z.output<typeof schemaContract>;

export const DEFAULT_SCHEMA_CONTRACT: SchemaContract = {
  ...{ newColumns: 'ignore', missingColumns: 'fail', changedTypes: 'fail' },
};

/** What happens to a column of the source that is not as the job knows it. */
export interface ColumnFate {
  readonly column: string;
  /** As the source has it; absent: it has no such column. */
  readonly type?: string;
  readonly change: 'new' | 'missing' | 'changed';
  readonly policy: Policy;
  /** In words: `is added to the targets as int64`. */
  readonly says: string;
}

export interface SchemaFit {
  /** All columns that the targets have, or get, besides the job's own. */
  readonly evolved: readonly Column[];
  readonly fates: readonly ColumnFate[];
  /** Columns that nothing uses. */
  readonly unused: readonly string[];
}

const ACCEPTED: Readonly<Record<RequiredColumn['accepts'], RegExp>> = {
  integer: /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/,
  text: /^VARCHAR$/,
};
/** As `accepts` says it of values of another type. */
export const ACCEPTED_TYPE: Readonly<Record<RequiredColumn['accepts'], ColumnType>> = {
  integer: { kind: 'int64' },
  text: { kind: 'string' },
};

/** Whether a required column is of another type than it is declared to be. */
export function isChanged({ accepts }: RequiredColumn, { type }: SourceColumn): boolean {
  return !ACCEPTED[accepts].test(type);
}

/** Names that every sink can have, none of which differs from another in case only. */
const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

export interface Expected {
  readonly required: readonly RequiredColumn[];
  readonly contract: OutputContract;
  readonly policies: SchemaContract;
}

/**
 * Compares what the source declares with what the job knows, before a row is read.
 *
 * @param known - columns that came with the source in earlier loads: they are not new any more.
 * @throws JobError `SOURCE_SCHEMA` listing every column that the policies do not allow.
 */
export function fitSource(
  source: Source,
  { required, contract, policies }: Expected,
  known: readonly Column[],
): SchemaFit {
  const columns = new Map(source.columns.map((column) => [column.name, column]));
  const problems: string[] = [];
  const fates: ColumnFate[] = [];
  const judge = (found: Judged | undefined) => {
    if (typeof found === 'string') problems.push(found);
    else if (found !== undefined) fates.push(found);
  };
  for (const each of required) {
    const column = columns.get(each.name);
    judge(missing(each, column, policies));
    if (column !== undefined) judge(changed(each, column, policies));
  }
  for (const each of known) {
    const column = columns.get(each.name);
    if (column !== undefined) judge(changedSince(each, column, policies));
  }
  const own = new Set(
    [...required, ...contract.columns.filter(({ evolved }) => evolved !== true), ...known].map(
      ({ name }) => name,
    ),
  );
  const evolved = [...known, ...evolvedColumns(contract)];
  const unused: string[] = [];
  for (const column of source.columns) {
    const isRead = required.some(({ name }) => name === column.name);
    if (isRead || evolved.some(({ name }) => name === column.name)) continue;
    if (own.has(column.name) || policies.newColumns === 'ignore') {
      unused.push(column.name);
      continue;
    }
    const found = judgeNew(column, policies.newColumns);
    judge(found.judged);
    if (found.evolved !== undefined) evolved.push(found.evolved);
  }
  if (problems.length > 0) throw unfit(source, problems);
  const names = new Map(evolved.map((column) => [column.name, column]));
  return { evolved: [...names.values()], fates, unused };
}

/** A problem in words, or what happens. */
type Judged = string | ColumnFate;

function missing(
  { name, accepts }: RequiredColumn,
  column: SourceColumn | undefined,
  { missingColumns: policy }: SchemaContract,
): Judged | undefined {
  if (column === undefined) return `column "${name}": expected ${accepts}, found no such column`;
  if (column.missingIn === undefined) return undefined;
  if (policy !== 'quarantine') {
    const why = policy === 'ignore' ? ', and the job needs a value' : '';
    return `column "${name}": missing in ${column.missingIn}${why}`;
  }
  const says = `rows of files without it go to quarantine, such as ${column.missingIn}`;
  return { column: name, type: column.type, change: 'missing', policy, says };
}

function changed(
  required: RequiredColumn,
  column: SourceColumn,
  { changedTypes: policy }: SchemaContract,
): Judged | undefined {
  const { name, accepts } = required;
  const { type } = column;
  if (!isChanged(required, column)) return undefined;
  const problem = `column "${name}": expected ${accepts}, found ${type}`;
  if (policy === 'ignore') return `${problem}, and the job needs a value`;
  const found = readAs(column);
  if (policy !== 'quarantine') return problem;
  if (found === undefined || !canConvert(found, ACCEPTED_TYPE[accepts])) {
    return `${problem}, no value of which is one`;
  }
  const says = `is read as ${accepts}; rows whose value is none go to quarantine`;
  return { column: name, type, change: 'changed', policy, says };
}

function changedSince(
  { name, type: known }: Column,
  column: SourceColumn,
  { changedTypes: policy }: SchemaContract,
): Judged | undefined {
  const { type } = column;
  const found = readAs(column);
  if (found !== undefined && holdsAll(known, column)) return undefined;
  const problem = `column "${name}": expected ${typeName(known)} as in earlier loads, found ${type}`;
  if (policy === 'fail') return problem;
  if (found === undefined || !canConvert(found, known))
    return `${problem}, no value of which is one`;
  const says = `is read as ${typeName(known)}; ${policy === 'ignore' ? 'a value that is none becomes null' : 'rows whose value is none go to quarantine'}`;
  return { column: name, type, change: 'changed', policy, says };
}

function judgeNew(
  column: SourceColumn,
  policy: Exclude<Policy, 'ignore'>,
): { readonly judged: Judged; readonly evolved?: Column } {
  const { name, type } = column;
  const fate = (says: string): ColumnFate => ({ column: name, type, change: 'new', policy, says });
  switch (policy) {
    case 'quarantine':
      return { judged: fate('rows that have a value in it go to quarantine') };
    case 'fail':
      return { judged: `column "${name}": is new (${type})` };
    case 'evolve': {
      const target = evolvedType(column);
      if (target === undefined) {
        return { judged: `column "${name}": is new, and no target takes its type ${type}` };
      }
      if (!NAME.test(name)) {
        return {
          judged: `column "${name}": is new, and its name is not one for every target: a-z, 0-9 and _, at most 63`,
        };
      }
      return {
        judged: fate(`is added to the targets as ${typeName(target)}`),
        evolved: {
          ...{ name, type: target, nullable: true, evolved: true },
          ...(target.kind === 'float64' ? { hashed: true } : {}),
        },
      };
    }
  }
}

function unfit(source: Source, problems: readonly string[]): JobError {
  return new JobError(
    'SOURCE_SCHEMA',
    `${source.location} does not have the columns the job reads:\n  ${problems.join('\n  ')}`,
    {
      hint: `the source has: ${source.columns.map((c) => `${c.name} ${c.type}`).join(', ')}; "schema_contract" says what such columns do`,
    },
  );
}
