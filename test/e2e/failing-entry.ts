import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import type { Failpoints } from '../../core/failpoint.ts';
import { genericEntry } from '../../entry/generic-main.ts';
import { abortWithLauncher } from '../../entry/parent.ts';
import { processOutput, processSurroundings } from '../../entry/process.ts';
import { abortOnSignals } from '../../entry/signals.ts';

/**
 * The generic entry with failpoints from the environment:
 *
 *   DRAY_TEST_TRACE   file that gets the name of every place reached, a line each
 *   DRAY_TEST_FAIL    `NAME#COUNT=ACTION`: at the COUNTth time NAME is reached; ACTION is `kill`
 *                     (SIGKILL to itself), `stop` (SIGSTOP), `int` (SIGINT), `term` (SIGTERM),
 *                     `exec` (the shell command in DRAY_TEST_EXEC, until it has ended) or `wait`
 *                     (the line "waiting" in the trace, until somebody stops the run)
 */
const trace = process.env['DRAY_TEST_TRACE'];
const [place = '', action = ''] = (process.env['DRAY_TEST_FAIL'] ?? '').split('=');
const [name = '', count = '1'] = place.split('#');
let seen = 0;
const stopped = AbortSignal.any([abortOnSignals(), abortWithLauncher(process.env)]);

const failpoints: Failpoints = {
  async reach(reached) {
    if (trace !== undefined) appendFileSync(trace, `${reached}\n`);
    if (reached !== name || ++seen !== Number(count)) return;
    process.stderr.write(`failpoint ${reached}: ${action}\n`);
    if (action === 'exec') {
      execFileSync('/bin/sh', ['-ec', process.env['DRAY_TEST_EXEC'] ?? '']);
      return;
    }
    if (action === 'wait') {
      await stop(reached);
      return;
    }
    const signal = { stop: 'SIGSTOP', int: 'SIGINT', term: 'SIGTERM' }[action] ?? 'SIGKILL';
    // The handlers of a signal run on a later turn.
    const heard = signal === 'SIGKILL' || signal === 'SIGSTOP' ? undefined : once(process, signal);
    process.kill(process.pid, signal);
    await heard;
  },
};

process.exitCode = await genericEntry(
  process.argv.slice(2),
  { ...processSurroundings(), failpoints },
  processOutput(),
  stopped,
);

async function stop(reached: string): Promise<void> {
  // Nothing else may keep the process alive meanwhile.
  const alive = setInterval(() => undefined, 60_000);
  if (trace !== undefined) appendFileSync(trace, `waiting at ${reached}\n`);
  if (!stopped.aborted) await once(stopped, 'abort');
  clearInterval(alive);
}
