import type { EngineName, SqlSession } from '../../core/engine.ts';
import { JobError, toJobError } from '../../core/errors.ts';
import { type Finding, note, ok, red, redOf, within } from '../../core/finding.ts';
import type { PlanSession } from '../../plan/session.ts';
import type { EngineContext } from '../job.ts';

/** What readers and writers load into DuckDB: Delta, S3, Postgres. */
const EXTENSIONS = ['delta', 'httpfs', 'postgres_scanner'] as const;

/** How long an engine may take to open. */
export interface EnginePatience {
  readonly openMs: number;
  /** All extensions together; one that is not there is fetched. */
  readonly extensionsMs: number;
}

type Open = Pick<EngineContext, 'openEngine' | 'clock'>;

/** DuckDB, which the engines `row` and `bulk` both need, and the extensions that it can load. */
export async function duckDbFindings(
  { openEngine, clock }: Open,
  { openMs, extensionsMs }: EnginePatience,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  let session: PlanSession | undefined;
  try {
    session = await within(openMs, signal, (limited) => openEngine('bulk', {}, limited));
    const { sql } = session;
    const [row] = await sql.rows('select version() as v', signal);
    const version = ok('DuckDB', String(row?.['v']).replace(/^v/, ''));
    const loaded: string[] = [];
    const missing: string[] = [];
    let why = '';
    const untilMs = clock.monotonicMs() + extensionsMs;
    for (const name of EXTENSIONS) {
      try {
        const leftMs = Math.max(1, Math.round(untilMs - clock.monotonicMs()));
        await within(leftMs, signal, (limited) => sql.useExtension(name, limited));
        loaded.push(name);
      } catch (error) {
        signal.throwIfAborted();
        missing.push(name);
        why = error instanceof JobError ? error.message : 'not fetched in time';
      }
    }
    const versions = await extensionVersions(sql, loaded, signal);
    if (missing.length === 0) return [version, ok('extensions', versions)];
    const text = `without ${missing.join(', ')}: ${why}`;
    const fix =
      'lay them into a folder and name it in DRAY_EXTENSIONS; dray package packs those here';
    return [version, note('extensions', text, fix)];
  } catch (error) {
    signal.throwIfAborted();
    return [timely('DuckDB', error)];
  } finally {
    await session?.[Symbol.asyncDispose]();
  }
}

async function extensionVersions(
  sql: SqlSession,
  names: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const rows = await sql.rows(
    'select extension_name as name, extension_version as version from duckdb_extensions() where loaded',
    signal,
  );
  const versions = new Map(rows.map(({ name, version }) => [String(name), String(version)]));
  return names.map((name) => `${name} ${versions.get(name) ?? ''}`.trim()).join(', ');
}

/** The Spark that is within reach. */
export async function sparkFinding(
  { openEngine }: Pick<Open, 'openEngine'>,
  openMs: number,
  signal: AbortSignal,
): Promise<Finding> {
  let session: PlanSession | undefined;
  try {
    return await within(openMs, signal, async (limited) => {
      session = await openEngine('bigdata' satisfies EngineName, {}, limited);
      const [row] = await session.sql.rows('select version() as v', limited);
      return ok('Spark', String(row?.['v']).split(' ')[0] ?? '');
    });
  } catch (error) {
    signal.throwIfAborted();
    return timely('Spark', error);
  } finally {
    await session?.[Symbol.asyncDispose]();
  }
}

function timely(name: string, error: unknown): Finding {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  if (!isLate) return redOf(name, toJobError(error));
  return red(
    name,
    'no answer in time',
    'see whether it works by itself, and the way to it is open',
  );
}
