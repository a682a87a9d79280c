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
 * A folder of objects: a local directory, later a bucket's prefix. Keys are relative to it.
 * Every method maps a full device to JobError `DISK_FULL` and a refusal to `TARGET_DENIED`.
 */
export interface Storage {
  /** The root as users know it, for messages: a path or URI without credentials. */
  readonly root: string;
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
   * Moves a published object to a name below a staging prefix in one step: a removal under the same
   * fence as `publish`. `missing` when the prefix is gone or revoked, `absent` when the object is.
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

/** Opens a location a user wrote (`/data/x`, `file:///data/x`; later `s3://`) as a Storage. */
export type OpenStorage = (location: string) => Storage;
