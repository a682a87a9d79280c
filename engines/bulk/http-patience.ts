import type { SqlSession } from '../../core/engine.ts';

/** How long httpfs asks again, while a storage throttles, fails or cannot be reached. */
export interface HttpPatience {
  readonly retries: number;
  /** Before the first retry; every further wait is `backoff` times as long. */
  readonly waitMs: number;
  readonly backoff: number;
}

/**
 * About twenty seconds for each request, as long as S3 may take to get used to more load; its own
 * default gives up within one. Nothing interrupts DuckDB in such a wait, so none is above nine seconds.
 */
export const HTTP_PATIENCE: HttpPatience = { retries: 8, waitMs: 200, backoff: 1.7 };

export const HTTP_SETTINGS = ['http_retries', 'http_retry_wait_ms', 'http_retry_backoff'] as const;

/** @param session - has httpfs loaded. */
export async function setHttpPatience(
  session: SqlSession,
  { retries, waitMs, backoff }: HttpPatience,
  signal: AbortSignal,
): Promise<void> {
  const values = { http_retries: retries, http_retry_wait_ms: waitMs, http_retry_backoff: backoff };
  for (const name of HTTP_SETTINGS) {
    await session.run(`set global ${name} = ${String(values[name])}`, signal);
  }
}
