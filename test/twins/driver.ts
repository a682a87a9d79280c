import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Execution } from '../../platforms/twins/glue.ts';
import type { ScriptOptions } from '../../entry/twin/script.ts';
import { yarn } from './yarn.ts';

const run = promisify(execFile);

/** What `aws s3 cp URI -` and `spark-submit OPTIONS SCRIPT ...` do on a primary node, as far as a step goes. */
const COMMANDS = {
  aws: '[ "$1 $2 $4" = "s3 cp -" ] || exit 2; cat "$TWIN_FOLDER/archive.tar.gz"',
  'spark-submit': `
    [ "$1 $2" = "--deploy-mode client" ] || exit 2
    while case "$1" in --*) true;; *) false;; esac; do shift 2; done
    shift; exec "$TWIN_PYTHON" "$TWIN_FOLDER/script/generic_entry.py" "$@"`,
} as const;

/**
 * Runs a step of EMR: its command line on the primary node, or its driver in a container of YARN. A stop
 * is that of `TERMINATE_PROCESS`.
 */
export function runStep(
  args: readonly string[],
  stepId: string,
  options: ScriptOptions,
): Execution {
  const env = { ...options.env, EMR_STEP_ID: stepId };
  return execution({ ...options, env }, killGroup, async (folder) => {
    if (args.includes('client')) {
      for (const [name, script] of Object.entries(COMMANDS)) {
        await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      }
      return args;
    }
    await unpack(folder);
    const script = args.findIndex((word) => word.endsWith('/generic_entry.py'));
    return [options.python, '../script/generic_entry.py', ...args.slice(script + 1).map(yarn)];
  });
}

/** Runs a driver of EMR Serverless, with the archive unpacked beside it. A stop gives it time. */
export function runServerless(
  args: readonly string[],
  runId: string,
  options: ScriptOptions,
): Execution {
  const env = { ...options.env, SERVERLESS_EMR_JOB_ID: runId };
  return execution({ ...options, env }, terminate, async (folder) => {
    await unpack(folder);
    return [options.python, '../script/generic_entry.py', ...args];
  });
}

async function unpack(folder: string): Promise<void> {
  await mkdir(join(folder, 'work/dray'));
  await run('tar', ['-xzf', join(folder, 'archive.tar.gz'), '-C', join(folder, 'work/dray')]);
}

/**
 * In a fresh folder: the script alone, the archive with launcher and bundle, and an empty folder to work
 * in. Ends when the last of its processes has let go of its output.
 */
function execution(
  { root, python, env, onOutput }: ScriptOptions,
  stop: (child: ChildProcess) => void,
  commandIn: (folder: string) => Promise<readonly string[]>,
): Execution {
  let child: ChildProcess | undefined;
  let isStopped = false;

  async function work(): Promise<number> {
    const folder = await mkdtemp(join(tmpdir(), 'dray-twin-'));
    try {
      await packInto(folder, root);
      const [command = '', ...args] = await commandIn(folder);
      if (isStopped) return 137;
      const started = spawn(command, args, {
        ...{ cwd: join(folder, 'work'), detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
        env: {
          PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
          ...{ TWIN_FOLDER: folder, TWIN_PYTHON: python },
          ...env,
        },
      });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          onOutput(chunk.toString());
        });
      }
      return await new Promise<number>((resolve, reject) => {
        started.on('error', reject);
        started.on('close', (code) => {
          resolve(code ?? 137);
        });
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    ended: work(),
    stop() {
      isStopped = true;
      if (child?.exitCode === null && child.signalCode === null) stop(child);
    },
  };
}

async function packInto(folder: string, root: string): Promise<void> {
  const launcher = join(folder, 'packed/dray_launcher');
  await cp(join(root, 'entry/launcher/dray_launcher'), launcher, { recursive: true });
  await cp(join(root, 'dist/generic-entry.mjs'), join(launcher, 'generic-entry.mjs'));
  await symlink(join(root, 'node_modules'), join(launcher, 'node_modules'));
  await run('tar', ['-czf', join(folder, 'archive.tar.gz'), '-C', dirname(launcher), '.']);
  await cp(join(root, 'entry/launcher/generic_entry.py'), join(folder, 'script/generic_entry.py'));
  await mkdir(join(folder, 'work'));
  await mkdir(join(folder, 'bin'));
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

function terminate(child: ChildProcess): void {
  child.kill('SIGTERM');
}
