import { messageOf } from '../../core/errors.ts';
import { sparkName } from '../../plan/spark/names.ts';
import type { UnityAfterLoad } from './config.ts';
import { isTableMissing } from './errors.ts';
import { qualified, type UnityTableName } from './table-name.ts';
import type { Warehouse } from './warehouse.ts';

/** A table as DESCRIBE DETAIL has it. */
export interface TableDetail {
  readonly format: string;
  readonly location: string;
  readonly comment: string;
  /** Features of its protocol that a writer has to know. */
  readonly features: readonly string[];
}

/** A table as the catalog has it, of what config is about. */
export interface TableState extends TableDetail {
  /** Columns without a comment, by name. */
  readonly uncommented: ReadonlySet<string>;
  readonly tags: ReadonlyMap<string, string>;
  /** `principal privilege`, lower case. */
  readonly grants: ReadonlySet<string>;
  /** Versions with other rows since the last OPTIMIZE. */
  readonly loadsSinceOptimize: number;
}

/** @returns undefined when there is no such table. */
export async function describeDetail(
  warehouse: Warehouse,
  name: UnityTableName,
  signal: AbortSignal,
): Promise<TableDetail | undefined> {
  try {
    const [row = {}] = await warehouse.query(`DESCRIBE DETAIL ${qualified(name)}`, {}, signal);
    return {
      format: row['format'] ?? '',
      location: row['location'] ?? '',
      comment: row['description'] ?? '',
      features: listOf(row['tablefeatures'] ?? '[]'),
    };
  } catch (error) {
    if (isTableMissing(error)) return undefined;
    throw error;
  }
}

/** Asks for nothing that config is not about: that would need rights for nothing. */
export async function readTableState(
  warehouse: Warehouse,
  name: UnityTableName,
  wanted: UnityAfterLoad,
  signal: AbortSignal,
): Promise<TableState | undefined> {
  const detail = await describeDetail(warehouse, name, signal);
  if (detail === undefined) return undefined;
  const { catalog, schema, table } = name;
  const inCatalog = (view: string) => `${sparkName(catalog)}.information_schema.${view}`;
  const columns = await warehouse.query(
    `SELECT column_name FROM ${inCatalog('columns')}
WHERE table_schema = :schema AND table_name = :table AND coalesce(comment, '') = ''`,
    { schema, table },
    signal,
  );
  const tags =
    Object.keys(wanted.tags).length === 0
      ? []
      : await warehouse.query(
          `SELECT tag_name, tag_value FROM ${inCatalog('table_tags')}
WHERE schema_name = :schema AND table_name = :table`,
          { schema, table },
          signal,
        );
  // Not from the information schema, which hides the grants of others from whoever may MANAGE a table.
  const grants =
    wanted.grants.length === 0
      ? []
      : await warehouse.query(`SHOW GRANTS ON TABLE ${qualified(name)}`, {}, signal);
  return {
    ...detail,
    uncommented: new Set(columns.map((row) => row['column_name'] ?? '')),
    tags: new Map(tags.map((row) => [row['tag_name'] ?? '', row['tag_value'] ?? ''])),
    grants: new Set(
      grants
        .filter((row) => row['objecttype']?.toUpperCase() === 'TABLE')
        .map((row) => grantKey(row['principal'] ?? '', row['actiontype'] ?? '')),
    ),
    loadsSinceOptimize: await loadsSinceOptimize(warehouse, name, wanted, signal),
  };
}

export function grantKey(principal: string, privilege: string): string {
  return `${principal.toLowerCase()} ${privilege.replaceAll('_', ' ').toLowerCase()}`;
}

async function loadsSinceOptimize(
  warehouse: Warehouse,
  name: UnityTableName,
  { optimizeEvery }: UnityAfterLoad,
  signal: AbortSignal,
): Promise<number> {
  if (optimizeEvery === undefined) return 0;
  // Some versions change no rows; with fewer than `optimizeEvery` among these it waits one load more.
  const versions = String(optimizeEvery * 2 + 20);
  const history = await warehouse.query(
    `DESCRIBE HISTORY ${qualified(name)} LIMIT ${versions}`,
    {},
    signal,
  );
  const operations = history.map((row) => row['operation'] ?? '');
  const last = operations.indexOf('OPTIMIZE');
  const since = last < 0 ? operations : operations.slice(0, last);
  return since.filter((operation) => /^(WRITE|MERGE|DELETE|UPDATE|COPY INTO)/.test(operation))
    .length;
}

function listOf(json: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list.map(String) : [];
  } catch (error) {
    throw new TypeError(`DESCRIBE DETAIL: tableFeatures is "${json}": ${messageOf(error)}`, {
      cause: error,
    });
  }
}
