import type * as bindings from '@duckdb/node-bindings';
import { JobError } from '../../core/errors.ts';

export type Bindings = typeof bindings;

/**
 * DuckDB's C interface, for reading and writing its vectors without an object per value. Loaded late:
 * the bundle must start where there is no native module.
 */
export async function loadBindings(): Promise<Bindings> {
  try {
    // It is a CommonJS module whose types speak of named exports.
    const loaded = (await import('@duckdb/node-bindings')) as unknown as { default: Bindings };
    return loaded.default;
  } catch (error) {
    throw duckDbMissing(error);
  }
}

/** There is no native module, or none for this machine. */
export function duckDbMissing(cause: unknown): JobError {
  return new JobError('ENGINE_FAILED', 'DuckDB cannot be loaded on this machine', {
    hint: 'install @duckdb/node-api 1.5.5-r.5 beside the bundle (npm install @duckdb/node-api@1.5.5-r.5)',
    cause,
  });
}
