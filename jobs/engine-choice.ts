import { type EngineName, ENGINES } from '../core/engine.ts';
import { type ErrorCode, JobError } from '../core/errors.ts';

export interface EngineChoice {
  readonly engine: EngineName;
  /** One line for people. */
  readonly reason: string;
}

export interface EngineQuestion {
  /** `strategy_type` of the config. */
  readonly asked: EngineName | 'auto' | undefined;
  readonly hasSpark: boolean;
  /** Per engine, why it cannot run the plan; undefined: it can. */
  readonly against: ReadonlyMap<EngineName, string | undefined>;
  /** Bytes of the source as it is stored; undefined: nobody knows. */
  readonly sourceBytes: number | undefined;
  /** What an earlier attempt of the run chose. */
  readonly earlier: EngineName | undefined;
}

/**
 * From this size on, `auto` prefers Spark where there is one. One machine with a disk for spilling
 * has loaded some hundred GB; beyond a hundred, a cluster is sooner done with it.
 */
const SPARK_FROM_BYTES = 100 * 2 ** 30;

/** Which engine a run uses: what config says, else Spark where there is one, else DuckDB here. */
export function chooseEngine(question: EngineQuestion): EngineChoice {
  const { asked, hasSpark } = question;
  if (asked === 'auto') return chooseByItself(question);
  if (asked !== undefined) return { engine: asked, reason: 'strategy_type in the config' };
  return hasSpark
    ? { engine: 'bigdata', reason: 'Spark is within reach' }
    : { engine: 'bulk', reason: 'no Spark within reach' };
}

/** A retry keeps the engine, so that what an attempt began is not begun otherwise. */
function chooseByItself({ hasSpark, against, sourceBytes, earlier }: EngineQuestion): EngineChoice {
  if (earlier !== undefined) {
    return { engine: earlier, reason: 'auto: an earlier attempt of this run chose it' };
  }
  const can = (engine: EngineName): boolean => against.get(engine) === undefined;
  const size =
    sourceBytes === undefined ? 'a source of unknown size' : `${sizeOf(sourceBytes)} of source`;
  if (hasSpark && can('bigdata') && (sourceBytes ?? 0) >= SPARK_FROM_BYTES) {
    return { engine: 'bigdata', reason: `auto: ${size}, and Spark is within reach` };
  }
  if (can('bulk')) {
    const spark = hasSpark
      ? `less than the ${sizeOf(SPARK_FROM_BYTES)} that Spark is for`
      : 'no Spark within reach';
    return { engine: 'bulk', reason: `auto: ${size}; ${spark}` };
  }
  const able = ENGINES.find((engine) => can(engine) && (engine !== 'bigdata' || hasSpark));
  const reason = `auto: ${against.get('bulk') ?? ''}`;
  if (able !== undefined) return { engine: able, reason };
  throw new JobError('ENGINE_UNSUPPORTED', `no engine within reach runs this plan: ${reason}`, {
    hint: 'give it a Spark (SPARK_REMOTE), or change the step that is named',
  });
}

/** Failures that another engine may not have. A wrong value or config is wrong on all of them. */
const ENGINE_FAILURES: readonly ErrorCode[] = [
  'ENGINE_FAILED',
  'ENGINE_OUT_OF_MEMORY',
  'EXTENSION_MISSING',
  'SPARK_UNREACHABLE',
  'SPARK_TOO_OLD',
  'SPARK_SESSION_LOST',
];

export function isEngineFailure(error: unknown): error is JobError {
  return error instanceof JobError && ENGINE_FAILURES.includes(error.code);
}

function sizeOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(
    units.length - 1,
    Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)),
  );
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[power] ?? 'B'}`;
}
