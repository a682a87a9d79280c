import { identifier, quote, type SqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { Failpoints } from '../../../core/failpoint.ts';
import type { LoadRequest, StageInput } from '../../../core/strategy.ts';
import type { Connection, Query } from '../../postgres/connection.ts';
import { refuseWrongKey, wrongKeyQuery } from '../merge-key.ts';
import { createStage } from './columns.ts';
import type { StagedFiles } from './staged-files.ts';

/** Rows in a temporary table of the session that will commit them. */
export interface Staging {
  readonly table: string;
  readonly rows: number;
}

export interface StagingJob {
  readonly session: SqlSession;
  readonly connection: Connection;
  readonly files: StagedFiles;
  readonly request: LoadRequest;
  readonly failpoints: Failpoints;
  /** As COPY and UNLOAD take it: quoted, or the word `default`. */
  readonly role: string;
  /** For messages. */
  readonly target: string;
}

/**
 * Uploads the result to S3 and copies it into a temporary table, which ends with its session.
 *
 * @throws JobError `MERGE_KEY_INVALID` when a key to merge by is null, or there twice.
 */
export async function stageRows(
  { session, connection, files, request, failpoints, role, target }: StagingJob,
  input: StageInput,
  signal: AbortSignal,
): Promise<Staging> {
  const { query } = connection;
  const { result, claim } = input;
  const table = `_dray_stage_${claim.number}`;
  const filled = result.files.filter((file) => file.rows > 0);
  const paths = filled.map((file) => file.path);
  const names =
    paths.length === 0
      ? request.contract.columns.map((column) => column.name)
      : await columnsOf(session, paths, signal);

  await query(`drop table if exists ${identifier(table)}`, [], signal);
  await query(createStage(table, request.contract, names), [], signal);
  if (filled.length > 0) {
    await failpoints.reach('redshift:upload:before');
    const told = (file: { rows: number }) => {
      input.onRows(file.rows);
    };
    const manifest = await files.upload(claim.number, filled, told, signal);
    await failpoints.reach('redshift:upload:after');
    await copy(query, table, manifest, role, signal);
    await failpoints.reach('redshift:copy:after');
  }
  if (request.mode === 'merge') {
    const sql = wrongKeyQuery(identifier(table), request.contract.key.map(identifier));
    const [wrong] = await query(sql, [], signal);
    refuseWrongKey(request.contract.key, wrong, target);
  }
  const [counted] = await query(`select count(*) as "total" from ${identifier(table)}`, [], signal);
  return { table, rows: Number(counted?.['total']) };
}

/** COPY takes the columns of columnar files by their places, so all files must have the same. */
async function columnsOf(
  session: SqlSession,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [first = [], ...others] = await session.parquet.schemas(paths, signal);
  if (others.length > 0) {
    throw new JobError('INTERNAL', 'the files of the result have different columns');
  }
  return first.map((column) => column.name);
}

async function copy(
  query: Query,
  table: string,
  manifest: string,
  role: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await query(
      `copy ${identifier(table)} from ${quote(manifest)} iam_role ${role} format as parquet manifest`,
      [],
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof JobError) || error.code !== 'TARGET_FAILED') throw error;
    const rows = await loadErrors(query, signal);
    if (rows.length === 0) throw error;
    throw new JobError('TARGET_FAILED', [error.message, ...rows].join('; '), {
      hint: 'correct the value at the source, or have a rule put such rows into quarantine',
      cause: error,
    });
  }
}

/** Serverless has only the second view, and the raw value is only in the first. */
const LOAD_ERRORS = [
  `select trim(filename) as "file", line_number as "line", trim(colname) as "column",
    trim(raw_field_value) as "value", trim(err_reason) as "reason"
   from stl_load_errors where session = pg_backend_pid() order by starttime desc limit 3`,
  `select trim(file_name) as "file", line_number as "line", trim(column_name) as "column",
    '' as "value", trim(error_message) as "reason"
   from sys_load_error_detail where session_id = pg_backend_pid() order by start_time desc limit 3`,
];
const SHOWN_CHARACTERS = 80;

async function loadErrors(query: Query, signal: AbortSignal): Promise<readonly string[]> {
  for (const sql of LOAD_ERRORS) {
    try {
      const rows = await query(sql, [], signal);
      if (rows.length === 0) continue;
      return rows.map(({ file, line, column, value, reason }) => {
        const shown = value ? `, value "${value.slice(0, SHOWN_CHARACTERS)}"` : '';
        return `${file ?? ''} line ${line ?? ''}, column "${column ?? ''}"${shown}: ${reason ?? ''}`;
      });
    } catch {
      // Without a right to look, or such a view: the failure of COPY itself is the one to tell.
      signal.throwIfAborted();
    }
  }
  return [];
}
