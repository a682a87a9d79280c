import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const SAMPLE_EVERY_MS = 100;
/** Ticks a second of `utime` in /proc/<pid>/stat; Linux reports 100 on every architecture. */
const TICKS = 100;
const HAS_PROC = existsSync('/proc/self/status');

/** Writes what the process used when it ends, for machines without /proc. */
const PRELOAD = `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs';
  const path = process.env.BENCH_USAGE;
  delete process.env.BENCH_USAGE;
  process.on('exit', () => writeFileSync(path, JSON.stringify(process.resourceUsage())));
`)}`;

export interface Measured {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Highest resident set size. */
  readonly peakMb: number;
  /** Where the peak comes from: `VmHWM` or `resourceUsage`. */
  readonly peakSource: string;
}

/** Runs a Node program to its end and measures the whole process; its stderr is ours. */
export async function measureNode(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly usageFile: string;
    readonly signal: AbortSignal;
  },
): Promise<Measured> {
  const { cwd, env, usageFile, signal } = options;
  const startMs = performance.now();
  const child = spawn(process.execPath, ['--import', PRELOAD, ...args], {
    cwd,
    env: { ...env, BENCH_USAGE: usageFile },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new AbortController();
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => {
    ended.abort();
    signal.removeEventListener('abort', stop);
  });
  let highWaterKb = 0;
  const sampling = (async () => {
    while (!ended.signal.aborted && HAS_PROC && child.pid !== undefined) {
      highWaterKb = Math.max(highWaterKb, highWaterOf(child.pid));
      await delay(SAMPLE_EVERY_MS);
    }
  })();
  const exitCode = await exit;
  const seconds = (performance.now() - startMs) / 1000;
  await sampling;
  const usage = JSON.parse(await readFile(usageFile, 'utf8')) as NodeJS.ResourceUsage;
  await rm(usageFile);
  return {
    exitCode,
    stdout: Buffer.concat(chunks).toString(),
    seconds,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakMb: (highWaterKb > 0 ? highWaterKb : usage.maxRSS) / 1024,
    peakSource: highWaterKb > 0 ? 'VmHWM' : 'resourceUsage',
  };
}

/** `VmHWM` of a living process in kB; 0 once it has ended. */
function highWaterOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** CPU seconds of a server so far, its ended and living children included; undefined without /proc. */
export function serverCpuSeconds(pid: number): number | undefined {
  if (!HAS_PROC) return undefined;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.parent === pid);
  return [statOf(pid), ...children].reduce((sum, stat) => sum + (stat?.cpuSeconds ?? 0), 0);
}

function statOf(pid: number): { readonly parent: number; readonly cpuSeconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in parentheses and may hold spaces; from state on the fields are plain.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), cpuSeconds: ticks / TICKS };
  } catch {
    return undefined;
  }
}
