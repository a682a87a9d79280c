import { JobError } from '../../../core/errors.ts';
import type { Action, AddFile, MetaData, Protocol, RemoveFile, Transaction } from './actions.ts';
import { decodedPath } from './paths.ts';

const APP = 'dray:';

/** A table at one version. Grows in place as commits are applied: a copy per commit would be slow. */
export interface Snapshot {
  version: number;
  protocol: Protocol | undefined;
  metaData: MetaData | undefined;
  /** By decoded path, since writers spell the same path differently. */
  readonly adds: Map<string, AddFile>;
  readonly tombstones: Map<string, RemoveFile>;
  readonly transactions: Map<string, Transaction>;
  /** What made the versions whose commits were read here, as the commits say; may be empty. */
  readonly engines: Map<number, string>;
}

/** A snapshot of a table that is complete: it has a protocol and a schema. */
export interface Table extends Snapshot {
  readonly protocol: Protocol;
  readonly metaData: MetaData;
}

export function emptySnapshot(): Snapshot {
  return {
    version: -1,
    protocol: undefined,
    metaData: undefined,
    adds: new Map(),
    tombstones: new Map(),
    transactions: new Map(),
    engines: new Map(),
  };
}

/**
 * Takes the snapshot to `version` by the actions of that commit or checkpoint.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#action-reconciliation
 */
export function apply(snapshot: Snapshot, version: number, actions: readonly Action[]): void {
  // The order within a commit means nothing; a file's new deletion vector is a remove and an add.
  for (const { remove } of actions) {
    if (!remove) continue;
    const key = decodedPath(remove.path);
    snapshot.adds.delete(key);
    snapshot.tombstones.set(key, remove);
  }
  for (const { add, txn, protocol, metaData, commitInfo } of actions) {
    if (add) {
      const key = decodedPath(add.path);
      snapshot.tombstones.delete(key);
      snapshot.adds.set(key, add);
    }
    if (txn) snapshot.transactions.set(txn.appId, txn);
    if (protocol) snapshot.protocol = protocol;
    if (metaData) snapshot.metaData = metaData;
    if (commitInfo) snapshot.engines.set(version, engineOf(commitInfo));
  }
  snapshot.version = version;
}

/** What a commit says it was made by. */
export function engineOf(commitInfo: NonNullable<Action['commitInfo']>): string {
  const engine = commitInfo['engineInfo'];
  return typeof engine === 'string' ? engine : '';
}

/**
 * The snapshot as a table; undefined when nothing was ever committed.
 *
 * @throws JobError `TARGET_FAILED` when the log lacks protocol or metadata; `NOT_SUPPORTED` when
 *   rows of a file are hidden by a deletion vector.
 */
export function tableOf(snapshot: Snapshot): Table | undefined {
  if (snapshot.version < 0) return undefined;
  if (!isTable(snapshot)) {
    throw new JobError(
      'TARGET_FAILED',
      `the log up to version ${String(snapshot.version)} has no ${snapshot.protocol ? 'metaData' : 'protocol'} action`,
      { hint: 'the log is damaged; restore it or load into another path' },
    );
  }
  return snapshot;
}

export function assertNoDeletionVectors(table: Table): void {
  for (const add of table.adds.values()) {
    if (add.deletionVector == null) continue;
    throw new JobError('NOT_SUPPORTED', `the file "${add.path}" has a deletion vector`, {
      hint: 'purge the table (REORG TABLE ... APPLY (PURGE)) and switch "delta.enableDeletionVectors" off',
    });
  }
}

function isTable(snapshot: Snapshot): snapshot is Table {
  return snapshot.protocol !== undefined && snapshot.metaData !== undefined;
}

/** The claim under which a load was last committed; undefined when it never was. */
export function committedClaim(snapshot: Snapshot, loadId: string): number | undefined {
  const found = snapshot.transactions.get(appIdOf(loadId));
  return found === undefined ? undefined : Number(found.version);
}

/** The loads that the snapshot holds, each with the claim under which it was last committed. */
export function committedClaims(
  snapshot: Snapshot,
): readonly { readonly loadId: string; readonly claim: number }[] {
  return [...snapshot.transactions.values()]
    .filter(({ appId }) => appId.startsWith(APP))
    .map(({ appId, version }) => ({ loadId: appId.slice(APP.length), claim: Number(version) }));
}

export function appIdOf(loadId: string): string {
  return `${APP}${loadId}`;
}
