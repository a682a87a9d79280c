/** What compacting a table has done. */
export interface Compaction {
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Files that were written in place of several. */
  readonly written: number;
  /** The version that it made; absent: there was nothing to compact. */
  readonly version?: number;
}

/** Files that no reader within the retention needs. */
export interface Vacuumed {
  /** Data files that were deleted, or would be. */
  readonly files: number;
  readonly bytes: number;
  /** Files of the table's log that were deleted, or would be. */
  readonly logFiles: number;
  /** How long files stay after they left the table. Milliseconds. */
  readonly retentionMs: number;
}

/**
 * Upkeep of a table whose files and versions grow with every load. Its rows stay as they are, and
 * loads may go on meanwhile.
 */
export interface Upkeep {
  /**
   * Writes the small files of each partition together, in one version.
   *
   * @param options - `targetBytes`: about how large a file may become; absent, what config or the table says.
   * @throws JobError `TARGET_CONFLICT` when other writers won every try.
   */
  optimize(
    options: { readonly targetBytes?: number; onFiles(done: number, all: number): void },
    signal: AbortSignal,
  ): Promise<Compaction>;
  /**
   * Deletes files that left the table, or were never in it, longer ago than the retention.
   *
   * @param options - `retentionMs`: absent, what the table says; shorter than that needs `force`,
   *   since a reader of an older version, or a load at work, may need the files.
   * @throws JobError `ARGUMENTS_INVALID`
   */
  vacuum(
    options: { readonly retentionMs?: number; readonly force: boolean; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<Vacuumed>;
}
