/**
 * A program in the place of the bundle, as `DRAY_BUNDLE`: prints what it was started with as one
 * line of JSON, then ends with `STAND_IN_EXIT`, or waits for a signal, for the end of its launcher
 * and, with `STAND_IN_FOLLOWS=spark`, of Spark (exit code 3).
 */
import { connect } from 'node:net';
import { JobError } from '../../core/errors.ts';
import { abortWithLauncher } from '../../entry/parent.ts';
import { abortOnSignals } from '../../entry/signals.ts';

const { env } = process;
const signal = AbortSignal.any([abortOnSignals(), abortWithLauncher(env)]);
const names = ['SPARK_REMOTE', 'SERVICE_PROVIDER', 'DRAY_PLATFORM_ARGUMENTS', 'STAND_IN_NOTE'];
const about = {
  argv: process.argv.slice(2),
  pid: process.pid,
  env: Object.fromEntries(names.map((name) => [name, env[name] ?? null])),
};
process.stdout.write(`${JSON.stringify(about)}\n`);

if (env['STAND_IN_EXIT'] === undefined) {
  // Keeps the process alive.
  process.stdin.resume();
  signal.addEventListener('abort', () => {
    process.exit(signal.reason instanceof JobError ? signal.reason.exitCode : 1);
  });
  if (env['STAND_IN_FOLLOWS'] === 'spark') {
    const { hostname, port } = new URL((env['SPARK_REMOTE'] ?? '').replace('sc:', 'http:'));
    connect(Number(port), hostname)
      .resume()
      .on('error', () => undefined)
      .on('close', () => process.exit(3));
  }
} else {
  process.exitCode = Number(env['STAND_IN_EXIT']);
}
