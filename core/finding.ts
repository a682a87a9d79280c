import { toJobError } from './errors.ts';

/** What a check says: all is well, something to know, or something that has to be mended. */
export type Finding = {
  /** What it is about: `Node`, `run store`. */
  readonly name: string;
  readonly text: string;
} & (
  | { readonly verdict: 'ok' }
  /** `fix`: how to get what is missing, for whoever needs it. */
  | { readonly verdict: 'note'; readonly fix?: string }
  | { readonly verdict: 'red'; readonly fix: string }
);

export function ok(name: string, text: string): Finding {
  return { name, verdict: 'ok', text };
}

export function note(name: string, text: string, fix?: string): Finding {
  return { name, verdict: 'note', text, ...(fix === undefined ? {} : { fix }) };
}

export function red(name: string, text: string, fix: string): Finding {
  return { name, verdict: 'red', text, fix };
}

/** What a check has thrown, as its finding; errors that a person can meet say how to mend them. */
export function redOf(name: string, thrown: unknown): Finding {
  const { code, message, hint } = toJobError(thrown);
  return red(name, message, hint ?? `docs/errors.md explains ${code}`);
}

/**
 * Gives work a time limit, also where it does not listen to its signal. What it does after that is
 * nobody's any more.
 *
 * @throws the reason of `signal`, or a `TimeoutError` after `ms` milliseconds.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const over = new Promise<never>((_, reject) => {
    limited.addEventListener('abort', () => {
      reject(limited.reason as Error);
    });
  });
  return await Promise.race([work(limited), over]);
}
