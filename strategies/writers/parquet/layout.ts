import { stageFolder } from '../claim-file.ts';

/*
 * week=24/part-0.parquet                  what readers of the folder see, one file per partition;
 *                                         on S3 one without rows stands where a file was taken away
 * _dray/manifest.json                     what readers of whole loads see: a copy of the newest manifest
 * _dray/manifests/00000012.json           manifests; creating one is the commit
 * _dray/files/<load>-<claim>/week=24.data second names of published files, which manifests refer to
 * _dray/claims/00000007.json              see file-claims.ts
 * _dray/stage/7/                          what the holder of claim 7 has not published yet
 */

/** Readers of Parquet folders pass over names with a leading underscore. */
export const OWN_FOLDER = '_dray';
export const CURRENT_MANIFEST = `${OWN_FOLDER}/manifest.json`;
export const MANIFESTS = `${OWN_FOLDER}/manifests`;
export const FILES = `${OWN_FOLDER}/files`;
export const STAGE = `${OWN_FOLDER}/stage`;

/** Hive's name for the partition of rows without a value. */
export const NO_VALUE = '__HIVE_DEFAULT_PARTITION__';
// The characters that Hive and Spark escape in the names of partition folders.

const ESCAPED = /[\u0000-\u001f"#%'*/:=?\\\u007f{}[\]^]/g;

/** `week=24`: the folder of a partition as Hive, Spark, pyarrow and DuckDB read it. */
export function partitionFolder(column: string, value: string): string {
  return `${encode(column)}=${value === '' ? NO_VALUE : encode(value)}`;
}

/** The partition value of a key such as `week=24/part-0.parquet`; undefined for any other key. */
export function partitionOf(column: string, key: string): string | undefined {
  const prefix = `${encode(column)}=`;
  const [folder = '', file, ...deeper] = key.split('/');
  if (!folder.startsWith(prefix) || file === undefined || deeper.length > 0) return undefined;
  const value = folder.slice(prefix.length);
  return value === NO_VALUE ? '' : decode(value);
}

/** Other programs' bookkeeping and ours, which readers of folders pass over. */
export function isHidden(key: string): boolean {
  return key.split('/').some((part) => /^[_.]/.test(part) && !part.includes('='));
}

export function partFile(column: string, value: string): string {
  return `${partitionFolder(column, value)}/part-0.parquet`;
}

/** A name in the claim's staging folder; none ends in `.parquet`. */
export function stagedName(claim: number, name: string): string {
  return `${stageFolder(OWN_FOLDER, claim)}/${name}.data`;
}

/** Stands for a partition's folder in the names that say what a commit takes away. */
export function retired(folder: string): string {
  return `retired-${folder}`;
}

/** The folder that a key with such a name is about; undefined for any other key. */
export function retiredFolder(key: string): string | undefined {
  const name = folderOfData(key);
  return name.startsWith(retired('')) ? name.slice(retired('').length) : undefined;
}

/** The lasting name of a file; only its claim's number is read back from it. */
export function dataFile(loadId: string, claim: number, folder: string): string {
  return `${FILES}/${loadId}-${claim}/${folder}.data`;
}

/** The number of the claim that wrote a key below `_dray/files` or `_dray/stage`. */
export function claimOf(key: string): number | undefined {
  const name = key.split('/')[2] ?? '';
  const digits = /(?:^|-)([0-9]+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The partition's folder name in a key below `_dray/files`. */
export function folderOfData(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).replace(/\.data$/, '');
}

function encode(text: string): string {
  return text.replaceAll(
    ESCAPED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function decode(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
