import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Task, Told } from './victim.ts';

/** Starts processes ahead of their tasks. */
export interface Victims extends AsyncDisposable {
  /**
   * Runs a task that is to end by SIGKILL, and waits until it has.
   *
   * @throws Error when it ends in any other way: the place was never reached.
   */
  kill(task: Task & { readonly killAt: string }): Promise<void>;
  /** Runs a task to its end, which has to be a good one; `look` is called at each place. */
  watch(task: Task, look: (reached: string) => Promise<void>): Promise<void>;
}

/**
 * @param folder - for the processes' temporary files and compiled modules.
 * @param env - what they need besides.
 */
export function startVictims(
  folder: string,
  ahead: number,
  env: Readonly<Record<string, string>> = {},
): Victims {
  const waiting: ChildProcess[] = [];

  function start(): ChildProcess {
    const child = fork(join(import.meta.dirname, 'victim.ts'), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...env,
        TMPDIR: folder,
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // Told as soon as it listens, whoever waits for it by then.
    readiness.set(child, once(child, 'message'));
    return child;
  }
  const readiness = new WeakMap<ChildProcess, Promise<unknown>>();

  async function next(): Promise<ChildProcess> {
    while (waiting.length <= ahead) waiting.push(start());
    const child = waiting.shift();
    if (child === undefined) throw new Error('no process was started');
    await readiness.get(child);
    return child;
  }

  return {
    async kill(task) {
      const child = await next();
      const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      child.send(task);
      const [code, signal] = await ended;
      if (signal === 'SIGKILL') return;
      throw new Error(`the run ended with ${String(code)} and never reached ${task.killAt}`);
    },
    async watch(task, look) {
      const child = await next();
      const ended = once(child, 'exit');
      let exitCode: number | undefined;
      let failure: Error | undefined;
      const answer = async (reached: string) => {
        try {
          await look(reached);
          child.send('go');
        } catch (error) {
          failure ??= new Error(`could not look around at ${reached}`, { cause: error });
          child.kill('SIGKILL');
        }
      };
      child.on('message', (told: Told) => {
        if (typeof told === 'string') return;
        if ('exitCode' in told) exitCode = told.exitCode;
        else void answer(told.reached);
      });
      child.send(task);
      await ended;
      if (failure !== undefined) throw failure;
      if (exitCode !== 0) throw new Error(`the run ended with ${String(exitCode)}`);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        waiting.map(async (child) => {
          const ended = once(child, 'exit');
          child.kill('SIGKILL');
          await ended;
        }),
      );
    },
  };
}
