import { JobError } from '../../core/errors.ts';

/** A table of the Glue Data Catalog. */
export interface GlueTableName {
  readonly database: string;
  readonly table: string;
  /** Absent: what the AWS SDK finds (AWS_REGION, the profile). */
  readonly region?: string;
  /** The account whose catalog it is; absent: the caller's own. */
  readonly catalogId?: string;
}

const SCHEME = /^glue:\/\//i;
const NAME = /^(?:glue:\/\/)?([^./?#\s]+)\.([^./?#\s]+)(?:\?(.*))?$/i;

/** Whether a text names a table of Glue and not a place in storage. */
export function isGlueName(text: string): boolean {
  return SCHEME.test(text);
}

/**
 * Parses `glue://database.table?region=...&catalog_id=...`; the scheme may be left out where nothing
 * else can be meant. Glue keeps names in lower case.
 *
 * @param key - the config's word for it, for the message.
 * @throws JobError `CONFIG_INVALID`
 */
export function parseGlueName(text: string, key: string): GlueTableName {
  const [, database, table, query = ''] = NAME.exec(text.trim()) ?? [];
  if (database === undefined || table === undefined) throw invalid(text, key);
  const given = new URLSearchParams(query);
  const unknown = [...given.keys()].find((name) => name !== 'region' && name !== 'catalog_id');
  if (unknown !== undefined) throw invalid(text, key);
  const region = given.get('region') ?? undefined;
  const catalogId = given.get('catalog_id') ?? undefined;
  return {
    database: database.toLowerCase(),
    table: table.toLowerCase(),
    ...(region === undefined ? {} : { region }),
    ...(catalogId === undefined ? {} : { catalogId }),
  };
}

/** The name as people write it. */
export function displayName({ database, table }: GlueTableName): string {
  return `glue://${database}.${table}`;
}

function invalid(text: string, key: string): JobError {
  return new JobError('CONFIG_INVALID', `"${key}" cannot be "${text}"`, {
    hint: 'write glue://database.table, and ?region=... or &catalog_id=... behind it if need be',
  });
}
