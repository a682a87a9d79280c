import { createHash } from 'node:crypto';
import { JobError } from '../../../core/errors.ts';

export const LOG = '_delta_log';
/** dray's own folder; the underscore hides it from readers and from VACUUM. */
export const OWN = '_dray';

const VERSION_DIGITS = 20;
const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__';
/** What Spark's ExternalCatalogUtils.escapePathName escapes in a Hive directory name. */
const UNSAFE = /[\u0000-\u001f"#%'*/:=?\\{[\]^\u007f]/g;

function padded(version: number): string {
  return String(version).padStart(VERSION_DIGITS, '0');
}

export function commitKey(version: number): string {
  return `${LOG}/${padded(version)}.json`;
}

export function checkpointKey(version: number): string {
  return `${LOG}/${padded(version)}.checkpoint.parquet`;
}

/** A text partition value as the log keeps it: empty and null are the same. */
export function logValue(partition: string): string | null {
  return partition === '' || partition === NULL_PARTITION ? null : partition;
}

/** The Hive directory of a partition, named as Delta on Spark names it. */
export function partitionDir(values: Readonly<Record<string, string | null>>): string {
  return Object.entries(values)
    .map(([column, value]) => {
      const name = `${escaped(column)}=${escaped(logValue(value ?? '') ?? NULL_PARTITION)}`;
      // The log says what the value is: the folder only has to be one.
      return Buffer.byteLength(name) <= LONGEST_NAME ? name : shortened(name);
    })
    .join('/');
}

/** Of a folder on the disks that there are. */
const LONGEST_NAME = 255;

function shortened(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return `${Array.from(name).slice(0, 50).join('')}-${digest}`;
}

function escaped(name: string): string {
  return name.replace(
    UNSAFE,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** A data file's key; the claim in its name tells later claims whose file it is. */
export function dataKey(
  values: Readonly<Record<string, string | null>>,
  index: number,
  uuid: string,
  claim: number,
): string {
  const name = `part-${String(index).padStart(5, '0')}-${uuid}-c${String(claim)}.parquet`;
  return `${partitionDir(values)}/${name}`;
}

/** Key of a data file that was written in place of others, without a claim. */
export function rewrittenKey(
  values: Readonly<Record<string, string | null>>,
  uuid: string,
): string {
  return `${partitionDir(values)}/part-00000-${uuid}.parquet`;
}

/** The claim that wrote a data file of ours. */
export function claimOfDataKey(key: string): number | undefined {
  const found = /(?:^|\/)part-\d{5}-[\da-f-]{36}-c(\d+)\.parquet$/.exec(key);
  return found ? Number(found[1]) : undefined;
}

/** A key as `add.path` has it: a URI reference, so the Hive name is encoded once more. */
export function pathOfKey(key: string): string {
  return key
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll('%3D', '='))
    .join('/');
}

/**
 * The key of a data file below the table.
 *
 * @throws JobError `NOT_SUPPORTED` for a file elsewhere, as shallow clones have.
 */
export function keyOfPath(path: string): string {
  if (path.startsWith('/') || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) {
    throw new JobError('NOT_SUPPORTED', `the table has a data file outside its folder: "${path}"`, {
      hint: 'copy the table (a deep clone) and load into the copy',
    });
  }
  return decodedPath(path);
}

/** What two spellings of the same path have in common. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a bare % from a writer that does not encode
  }
}

export interface LogFile {
  readonly version: number;
  readonly kind: 'commit' | 'checkpoint' | 'part' | 'v2';
  readonly part: number;
  readonly parts: number;
}

const LOG_FILE =
  /^_delta_log\/(\d{20})\.(?:(json)|checkpoint\.(?:(parquet)|(\d{10})\.(\d{10})\.parquet|([\da-f-]{36})\.(?:json|parquet)))$/;

/** What a file in the log folder is; undefined for checksums, compactions and hints. */
export function logFile(key: string): LogFile | undefined {
  const found = LOG_FILE.exec(key);
  if (!found) return undefined;
  const [, version, commit, single, part, parts] = found;
  const kind = commit ? 'commit' : single ? 'checkpoint' : part ? 'part' : 'v2';
  return { version: Number(version), kind, part: Number(part ?? 1), parts: Number(parts ?? 1) };
}
