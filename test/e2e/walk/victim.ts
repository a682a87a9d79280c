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
  const failpoints: Failpoints = {
    async reach(name) {
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const place = `${name}#${String(count)}`;
      if (place === task.killAt) process.kill(process.pid, 'SIGKILL');
      if (!task.asks) return;
      const answered = new Promise((resolve) => process.once('message', resolve));
      say({ reached: place });
      await answered;
    },
  };
  const { exitCode, stderr } = await launch(task, failpoints);
  if (exitCode !== 0) process.stderr.write(stderr);
  return exitCode;
}
