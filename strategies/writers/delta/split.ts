import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultFile, SqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { ColumnType } from '../../../core/schema.ts';
import { fileSqlOf } from './file-sql.ts';
import type { PartitionValues } from './partitioning.ts';
import { logValue } from './paths.ts';
import type { DeltaTarget } from './target.ts';

/** A file whose rows are all of one partition of the table. */
export interface PartitionFile {
  readonly file: ResultFile;
  readonly values: PartitionValues;
}

/** Name of the column that says which file a row goes to; no contract has it. */
const GROUP = '__partition';

/**
 * Uses the file, or where a table has further partition columns, a file for each of their values in
 * its place.
 *
 * @param columns - the table's partition columns, the contract's first.
 * @param use - the files are gone when it has ended.
 * @throws JobError `VALUE_INVALID` for a value that the log cannot say.
 */
export async function splitByPartition(
  target: Pick<DeltaTarget, 'session' | 'request' | 'chance'>,
  file: ResultFile,
  columns: readonly string[],
  use: (parts: readonly PartitionFile[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { session, request, chance } = target;
  const [first = request.contract.partitionBy, ...further] = columns;
  const own = { [first]: logValue(file.partition) };
  if (further.length === 0) {
    await use([{ file, values: own }]);
    return;
  }
  const id = chance.uuid().replaceAll('-', '_');
  const view = `split_${id}`;
  const sql = fileSqlOf(session);
  const folder = join(session.scratchDir, view);
  await session.parquet.view(view, [file.path], signal);
  try {
    await mkdir(folder);
    const values = await valuesOfRows(target, view, further, signal);
    const grouped = `select *, ${groupOf(session, further)} as ${sql.name(GROUP)} from ${sql.name(view)}`;
    const keys = [...values.keys()];
    const parts: ResultFile[] = [];
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const some = keys.slice(from, from + AT_ONCE).map((key) => sql.text(key));
      const rows = `select * from (${grouped}) g where ${sql.name(GROUP)} in (${some.join(', ')})`;
      const into = join(folder, String(from));
      parts.push(...(await session.writeGroups(rows, GROUP, into, signal)));
    }
    await use(
      parts.map((part): PartitionFile => {
        const more = values.get(part.partition);
        if (more === undefined) throw new JobError('INTERNAL', `no partition "${part.partition}"`);
        return { file: { ...part, partition: file.partition }, values: { ...own, ...more } };
      }),
    );
  } finally {
    await session.run(`drop view ${sql.name(view)}`, AbortSignal.timeout(CLEAN_UP_MS));
    await rm(folder, { recursive: true, force: true });
  }
}

const CLEAN_UP_MS = 30_000;
/** Files that are written at once: each takes memory, 2,100 of them more than 400 MB. */
const AT_ONCE = 200;

/** Kinds of values that the log cannot say all of. */
const DOUBTFUL: ReadonlySet<string> = new Set(['string', 'date', 'timestamp']);

/** @throws JobError `VALUE_INVALID` for a value that the log cannot say. */
export async function assertPartitionValues(
  target: Pick<DeltaTarget, 'session' | 'request' | 'chance'>,
  files: readonly ResultFile[],
  columns: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { session, request, chance } = target;
  const doubtful = columns
    .slice(1)
    .filter((name) => DOUBTFUL.has(typeIn(request.contract.columns, name).kind));
  if (doubtful.length === 0 || files.length === 0) return;
  const view = `values_${chance.uuid().replaceAll('-', '_')}`;
  const paths = files.map(({ path }) => path);
  await session.parquet.view(view, paths, signal);
  await valuesOfRows(target, view, doubtful, signal);
  await session.run(`drop view ${fileSqlOf(session).name(view)}`, signal);
}

/** The values that rows of a view have in these columns, each by the text of its group. */
async function valuesOfRows(
  { session, request }: Pick<DeltaTarget, 'session' | 'request'>,
  view: string,
  columns: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PartitionValues>> {
  const sql = fileSqlOf(session);
  const texts = columns.map((name, index) => `${textOf(session, name)} as v${String(index)}`);
  const rows = await session.rows(
    `select distinct ${groupOf(session, columns)} as partition_group, ${texts.join(', ')} from ${sql.name(view)}`,
    signal,
  );
  return new Map(
    rows.map((row) => {
      const values = columns.map((name, index) => {
        const value = row[`v${String(index)}`] ?? null;
        const text = value === null ? null : String(value);
        const type = typeIn(request.contract.columns, name);
        return [name, text === null ? null : logText(name, type, text)] as const;
      });
      return [String(row['partition_group']), Object.fromEntries(values)] as const;
    }),
  );
}

/** Values as a short text that does for a folder's name, whatever they are. */
function groupOf(session: SqlSession, columns: readonly string[]): string {
  const parts = columns.map((name) => `coalesce(md5(${textOf(session, name)}), '-')`);
  return `md5(concat(${parts.join(', ')}))`;
}

function textOf(session: SqlSession, name: string): string {
  const sql = fileSqlOf(session);
  return `cast(${sql.name(name)} as ${sql.type(undefined)})`;
}

function typeIn(
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
  name: string,
): ColumnType {
  const column = columns.find((each) => each.name === name);
  if (column === undefined) throw new JobError('INTERNAL', `no column "${name}"`);
  return column.type;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** An instant as the engines print it, in UTC. */
const INSTANT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:\+00)?$/;

/** A value's text as the log has it, from how the engines print it. */
function logText(name: string, type: ColumnType, text: string): string {
  switch (type.kind) {
    case 'string':
      if (logValue(text) === text) return text;
      throw unsaid(`${name} has the text "${text}", which Delta takes for null`, name);
    case 'date':
      // Neither infinity nor years that sort and parse in other ways.
      if (DAY.test(text)) return text;
      throw unsaid(`${name} is ${text}, which readers of Delta do not all know`, name);
    case 'timestamp': {
      const [, date, time, fraction = ''] = INSTANT.exec(text) ?? [];
      // With its zone: without one, readers would take it for a time in their own.
      if (date && time) return `${date}T${time}.${fraction.padEnd(6, '0')}Z`;
      throw unsaid(`${name} is ${text}, which readers of Delta do not all know`, name);
    }
    default:
      return text;
  }
}

function unsaid(problem: string, name: string): JobError {
  return new JobError('VALUE_INVALID', `${problem} in a partition column`, {
    hint: `give the row another value in the source, or leave "${name}" out of "partition_by"`,
  });
}
