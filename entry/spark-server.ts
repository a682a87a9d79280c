import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ERROR_CODES, type ErrorCode, JobError, systemCodeOf } from '../core/errors.ts';

/** The launcher's folder: beside this file in the source tree, beside or above dist/ otherwise. */
const LAUNCHERS = ['launcher', '../launcher', '../entry/launcher'].map((path) =>
  join(import.meta.dirname, path),
);

const LOG_LIMIT = 10_000;

export interface SparkServer extends AsyncDisposable {
  /** `sc://127.0.0.1:PORT/;token=...` */
  readonly remote: string;
  readonly version: string;
  /** The Python process; SIGTERM ends it and Java. */
  readonly pid: number;
  readonly javaPid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
}

interface ServerOptions {
  /** Interpreter that has pyspark. */
  readonly python: string;
  /** Folder of the jars that Spark lacks; else Spark fetches them itself. */
  readonly jars?: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly conf?: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets what Python and Java print. */
  readonly onLog?: (text: string) => void;
}

/**
 * Starts a Spark Connect server on this machine that only who knows its address can use. It ends when
 * it is disposed of, and when this process ends, however it does.
 *
 * @throws JobError `SPARK_MISSING` without Python, pyspark or Java; `SPARK_NOT_STARTED` when Spark
 *   refuses to start; the signal's reason.
 */
export async function startSparkServer(
  options: ServerOptions,
  signal: AbortSignal,
): Promise<SparkServer> {
  signal.throwIfAborted();
  const child = launch(options);
  const exited = once(child, 'exit');
  const ended = exited.catch((error: unknown) => error);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-LOG_LIMIT);
    options.onLog?.(text);
  });
  try {
    const first = await firstLine(child, exited, signal);
    const ready = readyIn(first);
    if (ready === undefined) throw failureIn(first, log);
    const { remote, version, pid, java_pid: javaPid } = ready;
    return { remote, version, pid, javaPid, ended, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    throw new JobError('SPARK_MISSING', `there is no Python "${options.python}"`, {
      hint: 'name an interpreter that has pyspark',
      cause: error,
    });
  }
}

function launch({ python, jars, port, conf, env }: ServerOptions): ChildProcess {
  const folder = LAUNCHERS.find((path) => existsSync(join(path, 'spark_server.py')));
  if (folder === undefined) {
    throw new JobError('SPARK_MISSING', `there is no launcher in ${LAUNCHERS.join(', ')}`, {
      hint: 'run this from the source tree',
    });
  }
  return spawn(
    python,
    [
      join(folder, 'spark_server.py'),
      ...(port === undefined ? [] : ['--port', String(port)]),
      ...Object.entries(conf ?? {}).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
    ],
    {
      // A session of its own: a terminal's Ctrl-C reaches it through us. Its input ends with us.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...env,
        PYTHONDONTWRITEBYTECODE: '1',
        ...(jars === undefined ? {} : { DRAY_SPARK_JARS: jars }),
      },
    },
  );
}

/** The first line on its stdout, `undefined` when it ends without one. */
async function firstLine(
  child: ChildProcess,
  exited: Promise<unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  if (child.stdout === null) return undefined;
  const lines = createInterface({ input: child.stdout });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  const line = once(lines, 'line').then(([text]) => JSON.parse(String(text)) as unknown);
  return await Promise.race([line, exited.then(() => undefined), aborted]);
}

interface Ready {
  readonly remote: string;
  readonly version: string;
  readonly pid: number;
  readonly java_pid: number;
}

function readyIn(line: unknown): Ready | undefined {
  return typeof line === 'object' && line !== null && 'remote' in line
    ? (line as Ready)
    : undefined;
}

function failureIn(line: unknown, log: string): JobError {
  const { code, message, hint } = (line as { error?: Partial<Record<string, string>> } | undefined)
    ?.error ?? { message: 'Spark ended before it was ready' };
  const known = code !== undefined && code in ERROR_CODES ? (code as ErrorCode) : undefined;
  return new JobError(known ?? 'SPARK_NOT_STARTED', message ?? 'Spark did not start', {
    hint: hint ?? '--verbose shows what Spark printed',
    cause: log,
  });
}
