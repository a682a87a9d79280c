import { JobError } from '../../../core/errors.ts';
import type { StorageEntry } from '../../../core/storage.ts';
import type { Upkeep, Vacuumed } from '../../../core/upkeep.ts';
import { retentionMs } from './checkpoint.ts';
import { checkpoints } from './log.ts';
import { noTable } from './optimize.ts';
import { LOG, logFile } from './paths.ts';
import { type Snapshot, type Table, tableOf } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_LOG_RETENTION = 'interval 30 days';

/**
 * Deletes data files that no version within the retention has, and log files that no version of it
 * needs. Files of loads at work are younger than that, so no claim is needed.
 */
export async function vacuumTable(
  { storage, context }: DeltaTarget,
  snapshot: Snapshot,
  { retentionMs: asked, force, dryRun }: Parameters<Upkeep['vacuum']>[0],
  signal: AbortSignal,
): Promise<Vacuumed> {
  const table = tableOf(snapshot);
  if (table === undefined) throw noTable(storage.root);
  const configuration = table.metaData.configuration ?? {};
  const own = retentionMs(configuration['delta.deletedFileRetentionDuration']);
  const retention = asked ?? own;
  if (retention < own && !force) throw tooShort(retention, own);
  const nowMs = (await storage.now(signal)).getTime();
  const entries = await storage.list('', signal);
  const old = entries.filter((entry) => isUnneeded(entry, table, nowMs - retention));
  const logs = expiredLogs(entries, nowMs, configuration);
  if (!dryRun) {
    await context.failpoints.reach('delta:vacuum:before');
    for (const { key } of [...old, ...logs]) await storage.remove(key, signal);
    await context.failpoints.reach('delta:vacuum:after');
  }
  return {
    files: old.length,
    bytes: old.reduce((sum, { bytes }) => sum + bytes, 0),
    logFiles: logs.length,
    retentionMs: retention,
  };
}

function isUnneeded({ key, modifiedAt }: StorageEntry, table: Table, beforeMs: number): boolean {
  const [top = ''] = key.split('/');
  const isHidden = /^[_.]/.test(top) && !top.includes('=');
  if (isHidden || !key.endsWith('.parquet') || modifiedAt.getTime() >= beforeMs) return false;
  if (table.adds.has(key)) return false;
  // Of a file that the log knows to be removed, the time of its removal counts.
  return (table.tombstones.get(key)?.deletionTimestamp ?? 0) < beforeMs;
}

/**
 * Versions below the newest checkpoint that is itself older than the log's retention.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#metadata-cleanup
 */
function expiredLogs(
  entries: readonly StorageEntry[],
  nowMs: number,
  configuration: Readonly<Record<string, string | null>>,
): readonly StorageEntry[] {
  if (configuration['delta.enableExpiredLogCleanup'] === 'false') return [];
  const kept = retentionMs(configuration['delta.logRetentionDuration'] ?? DEFAULT_LOG_RETENTION);
  const log = entries.filter(({ key }) => key.startsWith(`${LOG}/`));
  const isYoung = ({ modifiedAt }: StorageEntry) => nowMs - modifiedAt.getTime() < kept;
  const firstYoung = Math.min(...log.filter(isYoung).map(versionOf));
  const expired = log.filter((entry) => versionOf(entry) < firstYoung).map(({ key }) => key);
  const base = checkpoints(expired)[0]?.version ?? -1;
  return log.filter((entry) => versionOf(entry) < base);
}

/** Of a file that belongs to no version: above all of them. */
function versionOf({ key }: StorageEntry): number {
  const crc = /^_delta_log\/(\d{20})\.crc$/.exec(key)?.[1];
  return crc === undefined ? (logFile(key)?.version ?? Infinity) : Number(crc);
}

function tooShort(asked: number, own: number): JobError {
  const hours = (ms: number) => `${String(ms / HOUR_MS)} h`;
  return new JobError(
    'ARGUMENTS_INVALID',
    `a retention of ${hours(asked)} is below the table's own, ${hours(own)}`,
    {
      hint: 'readers of older versions and loads at work may need the files: leave --retain-hours out, or give --force',
    },
  );
}
