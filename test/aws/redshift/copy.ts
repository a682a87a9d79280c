import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { quote, type SqlSession } from '../../../core/engine.ts';
import { type BucketFiles, refuse } from './bucket-files.ts';
import { assertFits, box, type CopyColumn, tooLong } from './columnar.ts';

const never = new AbortController().signal;
const ROLE = `iam_role\\s+(?:'([^']+)'|(default))`;
const COPY = new RegExp(
  `^\\s*copy\\s+"([^"]+)"\\s+from\\s+'([^']+)'\\s+${ROLE}\\s+format\\s+as\\s+parquet\\s+manifest\\s*$`,
  'i',
);
const UNLOAD = new RegExp(
  `^\\s*unload\\s*\\('((?:[^']|'')+)'\\)\\s*to\\s+'([^']+)'\\s+${ROLE}\\s+format\\s+as\\s+parquet(?:\\s+maxfilesize\\s+\\d+\\s+mb)?\\s*$`,
  'i',
);

/** What roles the cluster has, and what each may do in S3. */
export type Roles = ReadonlyMap<string, { readonly mayRead: boolean; readonly mayWrite: boolean }>;

export interface Cluster {
  readonly engine: SqlSession;
  readonly files: BucketFiles;
  readonly directory: string;
  /** A session of its own: what it writes stays when the client's transaction does not. */
  readonly admin: pg.Client;
  readonly attached: string;
  roles: Roles;
}

/** Whether the statement is one that goes to S3. */
export function goesToS3(sql: string): boolean {
  return /^\s*(copy|unload)\b/i.test(sql);
}

/**
 * Reads what COPY is to read and returns it as text for COPY FROM STDIN of the table.
 *
 * @param tables - of the session, as it made them.
 */
export async function copied(
  cluster: Cluster,
  sql: string,
  pid: number,
  tables: ReadonlyMap<string, readonly CopyColumn[]>,
): Promise<{ readonly into: string; readonly csv: readonly string[] }> {
  const [, table = '', url = '', arn, byDefault] = COPY.exec(sql) ?? refuse('syntax error in COPY');
  assertRole(cluster.roles, arn ?? byDefault ?? '', 'mayRead');
  const columns = tables.get(table) ?? refuse(`Relation ${table} does not exist in the database`);
  const csv: string[] = [];
  for (const file of await cluster.files.fetchManifest(url)) {
    const names = await assertFits(cluster.engine, columns, file);
    const error = await tooLong(cluster.engine, columns, names, file);
    if (error !== undefined) {
      await cluster.admin.query(
        `insert into stl_load_errors (session, starttime, filename, line_number, colname, type,
           col_length, raw_field_value, err_code, err_reason)
         values ($1, clock_timestamp(), $2, $3, $4, $5, $6, $7, 1204, $8)`,
        [
          pid,
          error.file,
          error.line,
          error.column,
          error.type,
          error.length,
          error.value,
          error.reason,
        ],
      );
      await cluster.admin.query(
        `insert into sys_load_error_detail (session_id, start_time, file_name, line_number,
           column_name, error_message) values ($1, clock_timestamp(), $2, $3, $4, $5)`,
        [pid, error.file, error.line, error.column, error.reason],
      );
      refuse(
        'Spectrum Scan Error',
        box(
          `The length of the data column ${error.column} is longer than the length defined in the table. Table: ${error.length}, Data: ${Buffer.byteLength(error.value)}, File name: ${error.file}`,
        ),
      );
    }
    const path = join(cluster.directory, `${randomUUID()}.csv`);
    const values = names.map((name, index) => {
      const utc = columns[index]?.type === 'timestamp';
      return utc ? `cast(timezone('UTC', cast("${name}" as timestamptz)) as varchar)` : `"${name}"`;
    });
    await cluster.engine.run(
      `copy (select ${values.join(', ')} from read_parquet(${quote(file.path)}, hive_partitioning = false))
       to ${quote(path)} (format csv, header false, nullstr '\\N', force_quote *)`,
      never,
    );
    csv.push(path);
  }
  return { into: `copy "${table}" from stdin (format csv, null '\\N')`, csv };
}

/**
 * Writes what UNLOAD selects, as two slices would: a file each, and none without a row.
 *
 * @returns rows.
 */
export async function unload(cluster: Cluster, sql: string): Promise<number> {
  const [, inner = '', url = '', arn, byDefault] =
    UNLOAD.exec(sql) ?? refuse('syntax error in UNLOAD');
  assertRole(cluster.roles, arn ?? byDefault ?? '', 'mayWrite');
  if (!(await cluster.files.isEmpty(url))) {
    refuse(
      'Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.',
    );
  }
  const select = inner.replaceAll("''", "'");
  let written = 0;
  for (const slice of [0, 1]) {
    const path = join(cluster.directory, `${randomUUID()}.parquet`);
    const rows = `select * exclude (place) from (select *, row_number() over () as place from
      postgres_query(${quote(cluster.attached)}, ${quote(select)})) where place % 2 = ${slice}`;
    const [counted] = await cluster.engine.rows(`select count(*) as total from (${rows})`, never);
    const total = Number(counted?.['total']);
    if (total === 0) continue;
    written += total;
    await cluster.engine.run(`copy (${rows}) to ${quote(path)} (format parquet)`, never);
    await cluster.files.put(`${url}000${slice}_part_00.parquet`, path);
  }
  return written;
}

export async function csvOf(path: string): Promise<Buffer> {
  return await readFile(path);
}

function assertRole(roles: Roles, name: string, what: 'mayRead' | 'mayWrite'): void {
  const role = roles.get(name);
  if (role === undefined && name === 'default')
    refuse('No default IAM role is set for the cluster');
  if (role === undefined) refuse(`Not authorized to get credentials of role ${name}`);
  else if (!role[what]) {
    refuse(
      'S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 7XG,ExtRid x,CanRetry 1',
    );
  }
}
