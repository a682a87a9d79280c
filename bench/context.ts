import type { BulkSession } from '../engines/bulk/session.ts';
import type { EmbeddedPostgres } from '../entry/start/embedded-postgres.ts';
import type { BenchOptions, foldersOf } from './arguments.ts';

/** What every part of the benchmark works with. */
export interface BenchContext {
  readonly root: string;
  readonly folders: ReturnType<typeof foldersOf>;
  readonly options: BenchOptions;
  readonly server: EmbeddedPostgres;
  /** For checking results; nothing that is measured runs in it. */
  readonly session: BulkSession;
  readonly pythons: Pythons;
  readonly say: (line: string) => void;
}

/** Interpreters that `scripts/bench.mjs` has prepared, as far as the run needs them. */
export interface Pythons {
  /** With the packages of test/python/requirements.txt. */
  readonly judge: string;
  /** With the packages of bench/peers/requirements.txt. */
  readonly polars?: string;
  readonly spark?: PreparedSpark;
}

export interface PreparedSpark {
  readonly version: string;
  readonly python: string;
  /** Folder with the jars of Delta and Postgres. */
  readonly jars: string;
}
