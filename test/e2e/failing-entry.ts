import { appendFileSync } from 'node:fs';
import type { Failpoints } from '../../core/failpoint.ts';
import { genericEntry } from '../../entry/generic-main.ts';
import { processOutput, processSurroundings } from '../../entry/process.ts';
import { abortOnSignals } from '../../entry/signals.ts';

/**
 * The generic entry with failpoints from the environment:
 *
 *   DRAY_TEST_TRACE   file that gets the name of every place reached, a line each
 *   DRAY_TEST_FAIL    `NAME#COUNT=ACTION`: at the COUNTth time NAME is reached; ACTION is `kill`
 *                     (SIGKILL to itself), `stop` (SIGSTOP to itself) or `term` (SIGTERM)
 */
const trace = process.env['DRAY_TEST_TRACE'];
const [place = '', action = ''] = (process.env['DRAY_TEST_FAIL'] ?? '').split('=');
const [name = '', count = '1'] = place.split('#');
let seen = 0;

const failpoints: Failpoints = {
  reach(reached) {
    if (trace !== undefined) appendFileSync(trace, `${reached}\n`);
    if (reached !== name || ++seen !== Number(count)) return Promise.resolve();
    process.stderr.write(`failpoint ${reached}: ${action}\n`);
    const signal = { kill: 'SIGKILL', stop: 'SIGSTOP', term: 'SIGTERM' }[action] ?? 'SIGKILL';
    process.kill(process.pid, signal);
    return Promise.resolve();
  },
};

process.exitCode = await genericEntry(
  process.argv.slice(2),
  { ...processSurroundings(), failpoints },
  processOutput(),
  abortOnSignals(),
);
