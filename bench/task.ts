import type { Window } from '../core/window.ts';
import type { Database } from './database.ts';
import type { Usage } from './process.ts';
import type { Source } from './slice.ts';

export const CREATED_BY = 'bench';
export const TABLE = 'public.promotions';

/** One load, the same for every contestant. */
export interface LoadTask {
  readonly source: Source;
  readonly window: Window | undefined;
  readonly database: Database;
  /** Empty, and gone afterwards. */
  readonly folder: string;
}

export interface Targets {
  readonly delta: string;
  readonly parquet: string;
  readonly table: string;
}

export interface Counts {
  readonly read: number;
  readonly loaded: number;
  readonly quarantined: number;
  readonly filtered: number;
  readonly deduplicated: number;
}

/** What a contestant did with its task. */
export interface Load extends Usage {
  /** From the start of its first process to the end of its last. */
  readonly seconds: number;
  /** Of these: until Spark was ready. 0 for those without. */
  readonly sparkSeconds: number;
  readonly parts: readonly { readonly name: string; readonly seconds: number }[];
  readonly counts: Counts;
  /** Sinks that a run reports; a peer does not. */
  readonly sinks: readonly {
    readonly sink: string;
    readonly kind: string;
    readonly loaded: number;
    readonly seconds: number;
  }[];
  readonly targets: Targets;
  readonly version: string;
  readonly serverCpu: number | undefined;
}
