import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { preparedSpark, SMALL_SPARK } from '../spark/server.ts';

const ROOT = join(import.meta.dirname, '../..');
export const LAUNCHER = join(ROOT, 'entry/launcher');
const STAND_IN = join(import.meta.dirname, 'stand-in.ts');

/** Path of the interpreter for what needs no pyspark; empty where there is none. */
export const PYTHON = spawnSync(
  process.env['DRAY_TEST_PYTHON'] ?? 'python3',
  ['-c', 'import sys; print(sys.executable, end="")'],
  { encoding: 'utf8' },
).stdout;

/** What a suite that needs Python appends to its title. */
export const withoutPython = PYTHON === '' ? ' (skipped: no Python)' : '';

interface Ended {
  /** 128 + n where signal n ended it, as a shell says it. */
  readonly code: number;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly stderr: string;
}

interface Launched extends Disposable {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** The stand-in's line; rejects when the launcher ends without one. */
  readonly started: Promise<StandIn>;
  /** Resolves when stderr has the text, or is at its end. */
  says(text: string): Promise<void>;
  /** Resolves when the launcher has ended, and all that holds its output open: Node and Java. */
  readonly ended: Promise<Ended>;
}

export interface StandIn {
  readonly argv: readonly string[];
  readonly pid: number;
  readonly env: Readonly<Record<string, string | null>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs the launcher; `env` adds to the environment, undefined removes. */
export function launch(python: string, args: readonly string[], env: Environment): Launched {
  // Spark leaves folders where it is started.
  const cwd = mkdtempSync(join(tmpdir(), 'dray-launch-'));
  const child = spawn(python, [join(LAUNCHER, 'generic_entry.py'), ...args], {
    cwd,
    stdio: 'pipe',
    env: {
      ...process.env,
      // jest's own: the stand-in is no module of a test.
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      PYTHONDONTWRITEBYTECODE: '1',
      DRAY_NODE: process.execPath,
      DRAY_BUNDLE: STAND_IN,
      SERVICE_PROVIDER: undefined,
      ...env,
    },
  });
  const lines: Readonly<Record<string, unknown>>[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>));
  const exited = once(child, 'exit');
  const closed = once(child, 'close');
  const started = Promise.race([once(reader, 'line'), closed]).then(() => {
    if (lines[0]?.['argv'] === undefined) throw new Error(`the stand-in never ran:\n${stderr}`);
    return lines[0] as unknown as StandIn;
  });
  // A test that expects no start looks at `ended` alone.
  started.catch(() => undefined);
  const ended = (async () => {
    const [code] = (await exited) as [number | null];
    await closed;
    return { code: code ?? 128 + signalNumber(child.signalCode), lines, stderr };
  })();
  return {
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    started,
    async says(text) {
      while (!stderr.includes(text) && !child.stderr.readableEnded) {
        const heard = new AbortController();
        const { signal } = heard;
        await Promise.race([
          once(child.stderr, 'data', { signal }),
          once(child.stderr, 'end', { signal }),
        ]).finally(() => {
          heard.abort();
        });
      }
    },
    ended,
    [Symbol.dispose]() {
      child.kill('SIGKILL');
      rmSync(cwd, { recursive: true, force: true });
    },
  };
}

/** As {@link launch}, with a small Spark of its own. */
export function launchSpark(version: string, args: readonly string[], env: Environment): Launched {
  const { python, jars } = preparedSpark(version);
  const flags = Object.entries(SMALL_SPARK).flatMap(([name, value]) => [
    '--conf',
    `'${name}=${value}'`,
  ]);
  return launch(python, args, {
    DRAY_SPARK_JARS: jars,
    PYSPARK_SUBMIT_ARGS: [...flags, 'pyspark-shell'].join(' '),
    ...env,
  });
}

/** The processes that `pid` has started, as `{pid, name}`. */
export function childrenOf(
  pid: number,
): readonly { readonly pid: number; readonly name: string }[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent]) => parent === String(pid))
    .map(([child = '', , name = '']) => ({ pid: Number(child), name }));
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === 'SIGKILL' ? 9 : 0;
}
