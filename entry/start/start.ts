import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { toJobError } from '../../core/errors.ts';
import type { RunResult } from '../../jobs/runner.ts';
import type { Surroundings } from '../context.ts';
import { type EntryOutput, finish, hasColor, runAndWatch } from '../generic-main.ts';
import { processOutput, processSurroundings } from '../process.ts';
import { failedResult } from '../run.ts';
import { abortOnSignals } from '../signals.ts';
import { painter } from '../terminal/format.ts';
import { terminalWatcher } from '../terminal/watcher.ts';
import { demoConfig, demoPlaces, writeDemoConfig } from './demo-config.ts';
import { startDemoPostgres } from './demo-postgres.ts';
import type { EmbeddedPostgres } from './embedded-postgres.ts';
import { nextSteps } from './next-steps.ts';
import { parseStartArguments, START_HELP, type StartArguments } from './start-arguments.ts';

const ROOT = join(import.meta.dirname, '../..');
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

const surroundings: Surroundings = { ...processSurroundings(), cwd: ROOT };
process.exitCode = await start(process.argv.slice(2), processOutput(), abortOnSignals());

/** `npm start`: the main job on real data, with everything it needs embedded. */
async function start(
  argv: readonly string[],
  output: EntryOutput,
  signal: AbortSignal,
): Promise<number> {
  let verbose = false;
  try {
    const args = parseStartArguments(argv);
    ({ verbose } = args);
    if (args.help) {
      output.stdout.write(START_HELP);
      return 0;
    }
    return await demo(args, output, signal);
  } catch (thrown) {
    const result = failedResult(toJobError(thrown), surroundings);
    return finish(result, output, surroundings, verbose, false);
  }
}

async function demo(
  args: StartArguments,
  output: EntryOutput,
  signal: AbortSignal,
): Promise<number> {
  const { stderr } = output;
  const places = demoPlaces(ROOT);
  const paint = painter(hasColor(surroundings, stderr));
  stderr.write(`${paint('strong', 'dray')}: promotions into Delta, Parquet and Postgres\n\n`);
  await using server = await startPostgres(output, signal);
  const config = demoConfig(places, server);
  await writeDemoConfig(places.config, config);
  const result = await runDemo(config, args, output, signal);
  stderr.write('\n');
  const exitCode = finish(result, output, surroundings, args.verbose, false);
  if (exitCode !== 0) return exitCode;
  stderr.write(`\n${nextSteps(result, { root: ROOT, places, server, keep: args.keep }, paint)}`);
  if (args.keep) await untilAborted(signal);
  return exitCode;
}

async function startPostgres(
  { stderr }: EntryOutput,
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  using watcher = terminalWatcher({
    stream: stderr,
    isTty: stderr.isTTY === true,
    clock: systemClock,
    color: hasColor(surroundings, stderr),
    // The password is in a file and in no message.
    redact: (text) => text,
  });
  return await startDemoPostgres(demoPlaces(ROOT), watcher, signal);
}

async function runDemo(
  config: unknown,
  { window, force }: StartArguments,
  output: EntryOutput,
  signal: AbortSignal,
): Promise<RunResult> {
  const request = { jobName: 'load_promos', config, force, ...window };
  return await runAndWatch(request, surroundings, output, signal);
}

/** A timer keeps the process alive; Postgres alone would not. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(LONGEST_SLEEP_MS, signal).catch(() => undefined);
  }
}
