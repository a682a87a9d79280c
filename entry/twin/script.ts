import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Execution } from '../../platforms/twins/glue.ts';

const SCRIPT = ['generic_entry.py'];

export interface ScriptOptions {
  /** dray's checkout, built: the launcher, the bundle, and the packages that the bundle leaves out. */
  readonly root: string;
  readonly python: string;
  /** All that the process has in its environment beside PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What Python runs in that folder; default: the script. */
  readonly entry?: readonly string[];
  /** Gets what the script prints. */
  readonly onOutput: (text: string) => void;
}

/** What a shell answers for a program that is not there. */
const NOT_FOUND = 127;

/**
 * Runs the launcher as a platform runs a job's script: in a fresh folder with nothing but the launcher
 * and the bundle of `npm run build` in it. The packages that the bundle leaves out are linked.
 */
export function runScript(argv: readonly string[], options: ScriptOptions): Execution {
  const { root, python, env, onOutput } = options;
  let child: ChildProcess | undefined;
  let isStopped = false;

  async function run(): Promise<number> {
    const folder = await mkdtemp(join(tmpdir(), 'dray-twin-'));
    try {
      await cp(join(root, 'entry/launcher'), folder, { recursive: true });
      await cp(join(root, 'dist/generic-entry.mjs'), join(folder, 'generic-entry.mjs'));
      await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
      if (isStopped) return 143;
      const started = spawn(python, [...(options.entry ?? SCRIPT), ...argv], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], ...env },
      });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          onOutput(chunk.toString());
        });
      }
      return await new Promise<number>((resolve) => {
        started.on('error', (error) => {
          onOutput(`${error.message}\n`);
          resolve(NOT_FOUND);
        });
        started.on('close', (code) => {
          resolve(code ?? 137);
        });
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    ended: run(),
    stop() {
      isStopped = true;
      child?.kill('SIGTERM');
    },
  };
}
