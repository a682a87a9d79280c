import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';

/**
 * The actions of a Delta log, as far as a snapshot and its checkpoint need them. A checkpoint has
 * null where a commit leaves a field out.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions
 */
const partitionValues = z.record(z.string(), z.string().nullable());
const textMap = z.record(z.string(), z.string().nullable());
const int64 = z.coerce.number();

const addFile = z.object({
  path: z.string(),
  partitionValues,
  size: int64,
  modificationTime: int64,
  dataChange: z.boolean(),
  stats: z.string().nullish(),
  tags: textMap.nullish(),
  deletionVector: z.unknown().optional(),
});

const removeFile = z.object({
  path: z.string(),
  deletionTimestamp: int64.nullish(),
  dataChange: z.boolean().default(true),
  extendedFileMetadata: z.boolean().nullish(),
  partitionValues: partitionValues.nullish(),
  size: int64.nullish(),
});

const transaction = z.object({
  appId: z.string(),
  /** Text: another application may count beyond 2^53. */
  version: z.union([z.number().int(), z.string()]).transform(String),
  lastUpdated: int64.nullish(),
});

const protocol = z.object({
  minReaderVersion: z.number().int(),
  minWriterVersion: z.number().int(),
  readerFeatures: z.array(z.string()).nullish(),
  writerFeatures: z.array(z.string()).nullish(),
});

const metaData = z.object({
  id: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  format: z.object({ provider: z.string(), options: textMap.nullish() }),
  schemaString: z.string(),
  partitionColumns: z.array(z.string()),
  createdTime: int64.nullish(),
  configuration: textMap.nullish(),
});

const action = z.object({
  add: addFile.nullish(),
  remove: removeFile.nullish(),
  txn: transaction.nullish(),
  protocol: protocol.nullish(),
  metaData: metaData.nullish(),
  commitInfo: z.record(z.string(), z.unknown()).nullish(),
  sidecar: z.unknown().optional(),
});

export type AddFile = Readonly<z.output<typeof addFile>>;
export type RemoveFile = Readonly<z.output<typeof removeFile>>;
export type Transaction = Readonly<z.output<typeof transaction>>;
export type Protocol = Readonly<z.output<typeof protocol>>;
export type MetaData = Readonly<z.output<typeof metaData>>;
export type Action = Readonly<z.output<typeof action>>;

/** An integer that JSON.parse could round, or a whole string, which must stay as it is. */
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/**
 * Reads one line of a commit, or one row of a checkpoint as JSON.
 *
 * @throws JobError `TARGET_FAILED` when the line is no action.
 */
export function parseAction(line: string, where: string): Action {
  try {
    return action.parse(JSON.parse(line.replace(STRING_OR_LONG_INTEGER, quoteInteger)));
  } catch (error) {
    throw new JobError('TARGET_FAILED', `${where} holds a line that is no Delta action`, {
      hint: 'the log is damaged or newer than this version knows; check it with another Delta client',
      cause: error,
    });
  }
}

function quoteInteger(token: string): string {
  return token.startsWith('"') ? token : `"${token}"`;
}

export function parseCommit(content: Uint8Array, where: string): readonly Action[] {
  return new TextDecoder()
    .decode(content)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parseAction(line, where));
}

/** The content of a commit: one action per line. */
export function printCommit(actions: readonly Action[]): string {
  return actions.map((each) => `${printAction(each)}\n`).join('');
}

function printAction(each: Action): string {
  if (!each.txn) return JSON.stringify(each);
  const { version, ...rest } = each.txn;
  return `{"txn":{"version":${BigInt(version).toString()},${JSON.stringify(rest).slice(1)}}`;
}
