import { createHash } from 'node:crypto';
import { identifier, quote, type SqlSession } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import type { Source, SourceColumn, SourcePart, StrategyContext } from '../core/strategy.ts';
import { sparkName } from '../plan/spark/names.ts';
import { sparkType } from '../plan/spark/types.ts';
import { readers } from '../strategies/registry.ts';
import { incrementalOf } from './increment.ts';
import type { RunInfo } from './job.ts';
import { readAs } from './quality/source-types.ts';

/** Quarantined rows, as they are in their files now, in the place of the source's. */
export interface Corrections {
  /** Files of quarantines, oldest first: a row of a later one wins. */
  readonly places: readonly string[];
  /** What the source was when the first of them was written, by {@link digestOf}. */
  readonly source: string;
}

/** Columns that the quarantine adds to the source's. */
export const ADDED = ['rules', 'source_file', 'source_row_number', 'run_id', 'attempt'] as const;

/** The state of a source as a short text. */
export function digestOf(snapshot: readonly SourcePart[]): string {
  return createHash('sha256').update(JSON.stringify(snapshot)).digest('hex').slice(0, 32);
}

/**
 * The source as if its rows had been what the quarantine's files say. Every other row is the source's
 * own, so that a load of it is what a load of the repaired source would be. Of a table that others
 * change meanwhile, those are the rows that it has when it is read; the quarantined ones have to be
 * there as they were.
 *
 * A text that is no value of its column's type ends the run with `VALUE_INVALID` when it is read.
 *
 * @throws JobError `REPLAY_REFUSED` where rows cannot be found again: the source has changed, or a
 *   file names a row twice or one that the source does not have.
 */
export async function correctedSource(
  source: Source,
  { places, source: digest }: Corrections,
  session: SqlSession,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const open = readers.PARQUET.on[session.engine];
  if (open === undefined) throw new JobError('INTERNAL', `"${session.engine}" reads no files`);
  const isTable = source.materialize !== undefined;
  if (!isTable && digestOf(source.snapshot) !== digest) {
    throw refused(
      `${source.location} has changed since the rows were quarantined`,
      'run the job again: it reads what is there now',
    );
  }
  const quarantines: Source[] = [];
  for (const place of places) {
    const config = { strategy: 'PARQUET', sourceTable: place } as const;
    const kept = await open(session, config, context, signal);
    assertKept(kept, source.columns);
    quarantines.push(kept);
  }
  const hint = isTable ? OF_TABLES : OF_FILES;
  const corrected = async (read: Source, reading: AbortSignal): Promise<Source> => {
    let found = read;
    for (const kept of quarantines) found = await overlaid(found, kept, hint, session, reading);
    return found;
  };
  if (!isTable) return await corrected(source, signal);
  return {
    ...quarantines.reduce(withCorrections, source),
    async materialize(reading) {
      return await corrected((await source.materialize?.(reading)) ?? source, reading);
    },
  };
}

/** @throws JobError `REPLAY_REFUSED` for a run whose rows belong to a range that is loaded already. */
export function assertReplayable(source: Source, run: Pick<RunInfo, 'window'>): void {
  if (incrementalOf(source, run) === undefined) return;
  throw refused(
    `${source.location} was read incrementally, and what is loaded is not read again`,
    'correct the rows in the source, so that they are read as new ones, or load their window with --from and --to',
  );
}

function assertKept(kept: Source, columns: readonly SourceColumn[]): void {
  const names = new Set(kept.columns.map(({ name }) => name));
  const lacking = [...columns.map(({ name }) => name), ...ADDED.slice(1, 3)].filter(
    (name) => !names.has(name),
  );
  if (lacking.length === 0) return;
  throw refused(
    `${kept.location} has no column ${lacking.map((name) => `"${name}"`).join(', ')}`,
    'keep all columns when correcting rows; a source that has one of those names cannot be replayed',
  );
}

/** What the source is besides its rows. */
function withCorrections(source: Source, kept: Source): Source {
  return {
    ...source,
    location: `${source.location}, corrected by ${kept.location}`,
    snapshot: [...source.snapshot, ...kept.snapshot],
    async assertUnchanged(signal) {
      await source.assertUnchanged(signal);
      await kept.assertUnchanged(signal);
    },
  };
}

/** What to do about rows that are not found. */
const OF_FILES =
  'correct values only: source_file and source_row_number say which row is meant, each once';
const OF_TABLES =
  'correct values only, and replay with the engine that quarantined them; where rows were changed in the table meanwhile, run the job again';

async function overlaid(
  source: Source,
  kept: Source,
  hint: string,
  session: SqlSession,
  signal: AbortSignal,
): Promise<Source> {
  const onSpark = session.engine === 'bigdata';
  const name = onSpark ? sparkName : identifier;
  const columns = source.columns.map((column) => name(column.name)).join(', ');
  const all = `${columns}, __file, __row`;
  const values = source.columns.map((column) => (onSpark ? onSparkAs(column) : onDuckDbAs(column)));
  const rows = `select ${values.join(', ')}, source_file as __file, cast(source_row_number as bigint) as __row from (${kept.relation})`;
  const before = `select ${all} from (${source.relationWithOrigin}) s`;
  const [semi, anti] = onSpark ? ['left semi', 'left anti'] : ['semi', 'anti'];
  const meant = `select * from (${before}) s ${semi} join (${rows}) q using (__file, __row)`;
  // Equal rows of a table have one number: as many of them are replaced as the file has.
  const counts = (of: string, as: string) =>
    `select __file, __row, count(*) as ${as} from (${of}) r group by __file, __row`;
  const [figures] = await session.rows(
    `select coalesce(sum(k.kept), 0) as kept, count(*) as places, count(f.found) as known,
       count(case when k.kept > f.found then 1 end) as doubled, coalesce(sum(f.found), 0) as found
     from (${counts(rows, 'kept')}) k left join (${counts(meant, 'found')}) f using (__file, __row)`,
    signal,
  );
  const figure = (of: string) => Number(figures?.[of] ?? 0);
  if (figure('known') < figure('places') || figure('doubled') > 0) {
    throw refused(
      `${kept.location} has ${String(figure('kept'))} rows, for ${String(figure('places'))} places of which the source has ${String(figure('known'))}`,
      hint,
    );
  }
  const others = `select * from (${before}) s ${anti} join (${rows}) q using (__file, __row)`;
  const relationWithOrigin = [
    `select ${all} from (${others}) o`,
    ...(figure('found') > figure('kept')
      ? [`select ${all} from (${beyond(meant, counts(rows, 'kept'))}) b`]
      : []),
    rows,
  ].join(' union all ');
  return {
    ...withCorrections(source, kept),
    relationWithOrigin,
    relation: `select ${columns} from (${relationWithOrigin}) c`,
  };
}

/** Of rows with one number those that the file has no correction for. */
function beyond(meant: string, kept: string): string {
  return `select n.* from (
      select *, row_number() over (partition by __file, __row order by __row) as nth from (${meant}) m
    ) n join (${kept}) k on n.__file = k.__file and n.__row = k.__row where n.nth > k.kept`;
}

function onDuckDbAs({ name, type }: SourceColumn): string {
  const column = identifier(name);
  return `cast(${column} as ${type}) as ${column}`;
}

function onSparkAs(column: SourceColumn): string {
  const name = sparkName(column.name);
  const type = SPARK_TYPES[column.type] ?? otherOf(column);
  // As DuckDB writes the zone of an instant, Spark does not read it.
  const text = type === 'timestamp_ltz' ? `regexp_replace(${name}, '[+]00$', '+00:00')` : name;
  return `cast(${text} as ${type}) as ${name}`;
}

/** Spark's types, by how DuckDB names them, that differ from those that plans read them as. */
const SPARK_TYPES: Readonly<Record<string, string>> = {
  ...{ TINYINT: 'tinyint', SMALLINT: 'smallint', INTEGER: 'int', FLOAT: 'float' },
};

function otherOf(column: SourceColumn): string {
  const type = readAs(column);
  // Spark's text of bytes that are no text cannot be read back.
  if (type !== undefined && type.kind !== 'binary') return sparkType(type);
  throw new JobError(
    'ENGINE_UNSUPPORTED',
    `"bigdata" reads no ${column.type} from the text that column "${column.name}" has in the quarantine`,
    { hint: 'set "strategy_type" to "bulk": the same rows come out' },
  );
}

function refused(message: string, hint: string): JobError {
  return new JobError('REPLAY_REFUSED', message, { hint });
}

/** A query of quarantined rows, in DuckDB's SQL. */
export function keptRows(relation: string, rule: string | undefined): string {
  const where = rule === undefined ? '' : `where list_contains(rules, ${quote(rule)})`;
  return `select * from (${relation}) ${where} order by source_file, source_row_number`;
}
