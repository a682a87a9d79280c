import { betweenFailpoints, type EffectKind, type Failpoints } from './failpoint.ts';

/** An object in storage. `etag` changes whenever the content does. */
export interface StorageEntry {
  /** Path below the storage's root, `/` between parts, no leading slash. */
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly etag: string;
}

export type PublishResult = 'published' | 'exists' | 'missing';
export type RetireResult = 'retired' | 'absent' | 'missing';

/**
 * A folder of objects: a local directory, or a bucket's prefix. Keys are relative to it. Every method
 * maps a full device to JobError `DISK_FULL`, a refusal to `TARGET_DENIED`, and a storage that is out
 * of reach to `TARGET_UNAVAILABLE`.
 */
export interface Storage {
  /** The root as users know it, for messages: a path or URI without credentials. */
  readonly root: string;
  /** What an engine needs before it can use engine paths; absent: nothing. */
  readonly access?: StorageAccess;
  /**
   * Whether `revoke` ends every `publish` at once, and `retire` needs nothing to put in the place of
   * what it takes away. Where it does not (S3), a process that was stopped in a `publish` with
   * `ifAbsent` may still create the very name it was about to: whoever revokes has to take that name
   * first (docs/adr/0017).
   */
  readonly revokesAtOnce: boolean;
  /** What an engine (DuckDB) has to be given to read or write `key`. */
  enginePath(key: string): string;
  /** The object `prefix`, or all below it, sorted by key; empty when there are none. */
  list(prefix: string, signal: AbortSignal): Promise<readonly StorageEntry[]>;
  read(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Replaces an object in one step: a reader sees the old or the new content, whole and durable. */
  write(key: string, content: Uint8Array | string, signal: AbortSignal): Promise<void>;
  /** Creates an object unless it exists; exactly one of several racers gets `true`. Durable. */
  create(key: string, content: Uint8Array | string, signal: AbortSignal): Promise<boolean>;
  /** Copies a local file in; not visible in part only where the caller's naming hides it. Durable. */
  upload(localPath: string, key: string, signal: AbortSignal): Promise<void>;
  /** A second name for an object that nobody changes in place (a hard link where there are any). */
  duplicate(from: string, to: string, signal: AbortSignal): Promise<void>;
  /** True when both are there, and are one object by way of `duplicate` and `publish`. */
  isDuplicate(key: string, other: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Moves a staged object to its final name in one step, which fails with `missing` once the
   * staged object is gone or revoked. With `ifAbsent`, an existing final object gives `exists`.
   */
  publish(
    staged: string,
    final: string,
    options: { readonly ifAbsent: boolean },
    signal: AbortSignal,
  ): Promise<PublishResult>;
  /**
   * Takes a published object away in one step, under the same fence as `publish`: moves it over a
   * staged one, or the staged one over it unless `revokesAtOnce`. So there the staged object has to be
   * one that readers take for nothing. `missing` when it is gone or revoked, `absent` when the
   * published object is.
   */
  retire(final: string, staged: string, signal: AbortSignal): Promise<RetireResult>;
  /**
   * Makes everything staged below `prefix` unpublishable, at once and for good, then deletes it.
   * This is the fence against a stopped process that wakes up just before its `publish`.
   */
  revoke(prefix: string, signal: AbortSignal): Promise<void>;
  /** Deletes one object; no error when it is not there. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** Deletes everything below `prefix`, and directories left empty by it. */
  removeAll(prefix: string, signal: AbortSignal): Promise<void>;
  /** The time by the storage's own clock, the one that stamps `modifiedAt`. */
  now(signal: AbortSignal): Promise<Date>;
}

/** How an engine reaches a bucket by itself. */
export interface StorageAccess {
  readonly bucket: string;
  /** URL of a storage that is not AWS's own, which has its buckets in the path. */
  readonly endpoint?: string;
  region(signal: AbortSignal): Promise<string>;
  /** The credentials as they are now. */
  credentials(signal: AbortSignal): Promise<StorageCredentials>;
}

export interface StorageCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Absent: they do not expire. */
  readonly expiresAt?: Date;
}

/** Opens a location a user wrote (`/data/x`, `file:///data/x`, `s3://bucket/x`) as a Storage. */
export type OpenStorage = (location: string) => Storage;

const STORAGE_EFFECTS = {
  enginePath: 'look',
  list: 'look',
  read: 'look',
  isDuplicate: 'look',
  now: 'look',
  write: 'effect',
  create: 'effect',
  upload: 'effect',
  duplicate: 'effect',
  publish: 'effect',
  retire: 'effect',
  revoke: 'effect',
  remove: 'effect',
  removeAll: 'effect',
} as const satisfies Record<
  Exclude<keyof Storage, 'root' | 'access' | 'revokesAtOnce'>,
  EffectKind
>;

export function storageBetweenFailpoints(storage: Storage, failpoints: Failpoints): Storage {
  return betweenFailpoints(storage, 'storage', STORAGE_EFFECTS, failpoints);
}
