import { once } from 'node:events';
import type { Failpoints } from '../../../core/failpoint.ts';
import { type Launch, launch } from './launch.ts';

/*
 * A process that is started ahead of its task, so that the walk does not wait for modules to load.
 * It gets one task, runs it, and either ends well or kills itself at the named place.
 */

/** One run, and where it ends. */
export interface Task extends Launch {
  /** `NAME#COUNT`: at the COUNTth time NAME is reached, SIGKILL to itself. */
  readonly killAt?: string;
  /** Waits at each place until whoever started this has had a look around. */
  readonly asks: boolean;
}

export type Told = 'ready' | { readonly reached: string } | { readonly exitCode: number };

/** An effect that fails has no second place: the next of its name would wait for ever. */
const PATIENCE_MS = 60_000;

const say = (told: Told): void => {
  process.send?.(told);
};

process.once('message', (task: Task) => {
  void run(task).then((exitCode) => {
    say({ exitCode });
    process.disconnect();
  });
});
say('ready');

async function run(task: Task): Promise<number> {
  const seen = new Map<string, number>();
  const turns = takeTurns();
  let looking = Promise.resolve();
  const failpoints: Failpoints = {
    async reach(name) {
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const place = `${name}#${String(count)}`;
      if (place === task.killAt) process.kill(process.pid, 'SIGKILL');
      if (!task.asks) return;
      await turns.begin(name);
      looking = looking.then(async () => {
        const answered = once(process, 'message');
        say({ reached: place });
        await answered;
      });
      await looking;
      turns.end(name);
    },
  };
  const { exitCode, stderr } = await launch(task, failpoints);
  if (exitCode !== 0) process.stderr.write(stderr);
  return exitCode;
}

/**
 * Effects of one name that overlap, such as uploads, come one after the other, so that whoever looks
 * around sees what each of them changes.
 */
function takeTurns() {
  const due = new Map<string, PromiseWithResolvers<void>[]>();
  const split = (name: string) => {
    const [, effect = name, end] = /^(.+):(before|after)$/.exec(name) ?? [];
    return { effect, end };
  };
  return {
    async begin(name: string): Promise<void> {
      const { effect, end } = split(name);
      if (end !== 'before') return;
      const queue = due.get(effect) ?? [];
      due.set(effect, queue);
      const last = queue.at(-1);
      queue.push(Promise.withResolvers());
      if (last === undefined) return;
      const late = once(AbortSignal.timeout(PATIENCE_MS), 'abort').then(() => {
        throw new Error(`${effect}: the one before has no end, or failed`);
      });
      await Promise.race([last.promise, late]);
    },
    end(name: string): void {
      const { effect, end } = split(name);
      if (end === 'after') due.get(effect)?.shift()?.resolve();
    },
  };
}
