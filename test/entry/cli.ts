import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import type { Clock } from '../../core/clock.ts';
import { dray } from '../../entry/dray-main.ts';

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the CLI in this process; `onErr` sees each piece of stderr. */
export type Cli = (
  argv: readonly string[],
  during?: {
    readonly onErr?: (text: string, second: AbortController) => void;
    readonly signal?: AbortSignal;
  },
) => Promise<Printed>;

/** The CLI as somebody in `cwd` has it. */
export function cliAt(cwd: string, env: Readonly<Record<string, string>>, clock: Clock): Cli {
  const surroundings = {
    ...{ env, cwd, clock, nodeVersion: '24.0.0' },
    readFile: (path: string) => readFile(path, 'utf8'),
    readObject: () => Promise.reject(new Error('no buckets')),
  };
  return async (argv, { onErr, signal } = {}) => {
    let out = '';
    let err = '';
    const second = new AbortController();
    const code = await dray(
      argv,
      { ...surroundings, takeSecondSignal: () => second.signal },
      {
        stdout: { write: (text: string) => (out += text) },
        stderr: new Writable({
          decodeStrings: false,
          write(text: string, _, done) {
            err += text;
            onErr?.(text, second);
            done();
          },
        }),
      },
      signal ?? new AbortController().signal,
    );
    return { code, out, err };
  };
}
