import type { EngineName } from '../core/engine.ts';

export interface EngineChoice {
  readonly engine: EngineName;
  /** One line for people. */
  readonly reason: string;
}

/** Which engine a run uses: what config says, else Spark where there is one, else DuckDB here. */
export function chooseEngine(
  strategyType: EngineName | 'auto' | undefined,
  hasSpark: boolean,
): EngineChoice {
  if (strategyType !== undefined && strategyType !== 'auto') {
    return { engine: strategyType, reason: 'strategy_type in the config' };
  }
  if (strategyType === 'auto') {
    return {
      engine: 'bulk',
      reason: 'auto: one machine is enough for what bulk can spill to disk',
    };
  }
  return hasSpark
    ? { engine: 'bigdata', reason: 'Spark is within reach' }
    : { engine: 'bulk', reason: 'no Spark within reach' };
}
