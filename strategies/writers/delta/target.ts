import type { SqlSession } from '../../../core/engine.ts';
import type { Storage } from '../../../core/storage.ts';
import type { LoadRequest, StrategyContext } from '../../../core/strategy.ts';

/** What every part of an open Delta sink works with. */
export interface DeltaTarget {
  readonly storage: Storage;
  readonly session: SqlSession;
  readonly request: LoadRequest;
  readonly context: StrategyContext;
  readonly chance: Chance;
  /** What a table gets that the load makes: `delta.*` and names of one's own. */
  readonly properties: Readonly<Record<string, string>>;
  /** What a table is partitioned by, by config; absent: as it is already. */
  readonly partitionBy?: readonly string[];
  /** About how large a data file may become, by config. */
  readonly fileBytes?: number;
  /** What the user says of writers with another log store; only S3 has to know. */
  readonly otherWriters?: 'stopped';
}

export interface Chance {
  /** A number in [0, 1). */
  random(): number;
  uuid(): string;
}
