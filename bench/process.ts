import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const SAMPLE_EVERY_MS = 100;
/** Looking through all processes takes longer than asking the known ones. */
const SAMPLES_PER_LOOK = 5;
/** Ticks a second of `utime` in /proc/<pid>/stat; Linux reports 100 on every architecture. */
const TICKS = 100;
const HAS_PROC = existsSync('/proc/self/status');
const LOG_LINES = 15;

const resultLine = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string() }),
});

/** What a process and its descendants used; undefined without /proc. */
export interface Usage {
  readonly cpuSeconds: number | undefined;
  /** The highest sum of their resident sets, looked at ten times a second. */
  readonly peakMb: number | undefined;
}

export interface Measured extends Usage {
  readonly stdout: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Gets its stderr. */
  readonly logFile: string;
}

/**
 * Runs a program to its end and measures it with all it starts.
 *
 * @throws Error with the last lines of its log unless it ends with 0; the signal's reason.
 */
export async function measureProcess(
  command: string,
  args: readonly string[],
  { cwd, env, logFile }: RunOptions,
  signal: AbortSignal,
): Promise<Measured> {
  signal.throwIfAborted();
  const startMs = performance.now();
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const watch = watchTree(child.pid);
  try {
    const exitCode = await endOf(child);
    const seconds = (performance.now() - startMs) / 1000;
    const usage = await watch.end();
    signal.throwIfAborted();
    const stdout = Buffer.concat(chunks).toString();
    if (exitCode !== 0) {
      throw new Error(`ended with ${String(exitCode)}: ${errorIn(stdout)}\n${tailOf(logFile)}`);
    }
    return { stdout, seconds, ...usage };
  } finally {
    signal.removeEventListener('abort', stop);
    await watch.end();
  }
}

async function endOf(child: ChildProcess): Promise<number | null> {
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}

/** What dray's result line says, if that is what it is. */
function errorIn(stdout: string): string {
  try {
    const { error } = resultLine.parse(JSON.parse(stdout));
    return `${error.code} ${error.message}`;
  } catch {
    return stdout.trim();
  }
}

function tailOf(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}

export interface TreeWatch {
  end(): Promise<Usage>;
}

/** Watches a process and its descendants until `end`. */
export function watchTree(root: number | undefined): TreeWatch {
  const ended = new AbortController();
  const cpu = new Map<number, number>();
  let peakKb = 0;
  const watching = (async () => {
    let tree: readonly number[] = [];
    for (let sample = 0; HAS_PROC && root !== undefined && !ended.signal.aborted; sample++) {
      if (sample % SAMPLES_PER_LOOK === 0) tree = treeOf(root);
      let sumKb = 0;
      for (const pid of tree) {
        const stat = statOf(pid);
        if (stat === undefined) continue;
        cpu.set(pid, stat.ownSeconds);
        const status = statusOf(pid);
        sumKb += status.residentKb;
        // What one process had between two looks counts too.
        peakKb = Math.max(peakKb, status.highWaterKb);
      }
      peakKb = Math.max(peakKb, sumKb);
      await delay(SAMPLE_EVERY_MS);
    }
  })();
  return {
    async end() {
      ended.abort();
      await watching;
      if (peakKb === 0) return { cpuSeconds: undefined, peakMb: undefined };
      const cpuSeconds = [...cpu.values()].reduce((sum, seconds) => sum + seconds, 0);
      return { cpuSeconds, peakMb: peakKb / 1024 };
    },
  };
}

/** CPU seconds of a server so far, its ended and living children included; undefined without /proc. */
export function serverCpuSeconds(pid: number): number | undefined {
  if (!HAS_PROC) return undefined;
  const own = statOf(pid);
  const children = everyStat().filter((stat) => stat.parent === pid);
  return [own, ...children].reduce((sum, stat) => sum + (stat?.withEndedSeconds ?? 0), 0);
}

function treeOf(root: number): readonly number[] {
  const children = Map.groupBy(everyStat(), (stat) => stat.parent);
  const tree = [root];
  for (const pid of tree) {
    for (const child of children.get(pid) ?? []) tree.push(child.pid);
  }
  return tree;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ownSeconds: number;
  /** With its children that have ended. */
  readonly withEndedSeconds: number;
}

function everyStat(): readonly Stat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in parentheses and may hold spaces; from state on the fields are plain.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
    return {
      pid,
      parent: Number(fields[1]),
      ownSeconds: (user + system) / TICKS,
      withEndedSeconds: (user + system + endedUser + endedSystem) / TICKS,
    };
  } catch {
    return undefined;
  }
}

function statusOf(pid: number): { readonly residentKb: number; readonly highWaterKb: number } {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kb = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
    return { residentKb: kb('VmRSS'), highWaterKb: kb('VmHWM') };
  } catch {
    return { residentKb: 0, highWaterKb: 0 };
  }
}
