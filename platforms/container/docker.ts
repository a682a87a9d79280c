import { execFile } from 'node:child_process';
import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';

/** One call of the CLI may take so long; a stop takes the grace on top. */
const CALL_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface CliAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Docker {
  /** @throws JobError when the CLI does not reach the engine. */
  run(args: readonly string[], signal: AbortSignal, moreMs?: number): Promise<CliAnswer>;
}

export function dockerCli(
  program: string,
  host: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Docker {
  const before = host === undefined ? [] : ['--host', host];
  return {
    run: (args, signal, moreMs = 0) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const options = { env, signal, timeout: CALL_MS + moreMs, maxBuffer: MAX_OUTPUT_BYTES };
        execFile(program, [...before, ...args], options, (error, stdout, stderr) => {
          const code = error === null ? 0 : error.code;
          if (signal.aborted) reject(signal.reason as Error);
          else if (typeof code !== 'number') reject(notRun(program, error));
          else if (code !== 0) {
            const refused = unreachable(program, stderr);
            if (refused === undefined) resolve({ code, stdout, stderr });
            else reject(refused);
          } else resolve({ code, stdout, stderr });
        });
      }),
  };
}

function notRun(program: string, error: unknown): JobError {
  if (systemCodeOf(error) === 'ENOENT') {
    return new JobError('SUBMIT_REFUSED', `there is no program "${program}"`, {
      hint: 'install Docker, or set "program" to the path of its CLI',
      cause: error,
    });
  }
  return new JobError('PLATFORM_UNAVAILABLE', `${program} gave no answer: ${messageOf(error)}`, {
    hint: 'see whether the engine works: docker version',
    cause: error,
  });
}

/** What the CLI prints where nobody knows what the engine has done. */
const UNANSWERED = [
  /cannot connect|error during connect|connection (refused|reset)|i\/o timeout|\bEOF$/im,
  /context (deadline exceeded|canceled)/i,
  // A proxy in front of the engine has answered with a page of its own, or without one.
  /response from daemon: *<|request returned .+ for API route/i,
];

function unreachable(program: string, stderr: string): JobError | undefined {
  if (/permission denied while trying to connect/i.test(stderr)) {
    return new JobError('PLATFORM_DENIED', `${program}: ${firstLine(stderr)}`, {
      hint: 'add this account to the group docker, or use a rootless engine',
    });
  }
  if (UNANSWERED.some((pattern) => pattern.test(stderr))) {
    return new JobError('PLATFORM_UNAVAILABLE', `${program}: ${firstLine(stderr)}`, {
      hint: 'start the engine, or set "host" to where it is',
    });
  }
  return undefined;
}

export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
