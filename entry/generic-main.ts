import { systemClock } from '../core/clock.ts';
import { toJobError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { createRedactor } from '../core/secrets.ts';
import { jobs } from '../jobs/registry.ts';
import type { RunResult } from '../jobs/runner.ts';
import { type EntryArguments, parseEntryArguments } from './arguments.ts';
import { assertNode, type Surroundings } from './context.ts';
import { entryHelp } from './flags.ts';
import { failedResult, type RunRequest, runFromConfig } from './run.ts';
import type { TerminalStream } from './terminal/stream.ts';
import { printSummary } from './terminal/summary.ts';
import { terminalWatcher } from './terminal/watcher.ts';
import { VERSION } from './version.ts';

/** Where the entry writes: one line of JSON for programs, everything for people on the other. */
export interface EntryOutput {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: TerminalStream;
}

/**
 * The generic entry: arguments to a run to one JSON line and an exit code.
 *
 * @param argv - without the paths of Node and the bundle.
 */
export async function genericEntry(
  argv: readonly string[],
  surroundings: Surroundings,
  output: EntryOutput,
  signal: AbortSignal,
): Promise<number> {
  const jobNames = Object.keys(jobs);
  let args: EntryArguments;
  try {
    assertNode(surroundings);
    args = await parseEntryArguments(argv, surroundings, jobNames);
  } catch (thrown) {
    const result = failedResult(toJobError(thrown), surroundings, namedIn(argv));
    return finish(result, output, surroundings, argv.includes('--verbose'), true);
  }
  if (args.kind === 'help') {
    output.stdout.write(entryHelp(jobNames));
    return 0;
  }
  if (args.kind === 'version') {
    output.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const { job: jobName, verbose, ...request } = args;
  const result = await runAndWatch({ jobName, ...request }, surroundings, output, signal);
  return finish(result, output, surroundings, verbose, true);
}

/** Whoever sent us finds its run by the id, also where the other arguments make no sense. */
function namedIn(argv: readonly string[]): { readonly runId?: string } {
  const at = argv.findIndex((word) => word === '--run_id' || word.startsWith('--run_id='));
  const word = argv[at];
  const runId = word === '--run_id' ? argv[at + 1] : word?.slice('--run_id='.length);
  return runId === undefined ? {} : { runId: printable(runId) };
}

/** Runs with a person watching on stderr. */
export async function runAndWatch(
  request: RunRequest,
  surroundings: Surroundings,
  { stderr }: EntryOutput,
  signal: AbortSignal,
): Promise<RunResult> {
  const redactor = createRedactor();
  const isTty = stderr.isTTY === true;
  using watcher = terminalWatcher({
    stream: stderr,
    isTty,
    clock: surroundings.clock ?? systemClock,
    color: hasColor(surroundings, stderr),
    redact: (text) => redactor.redact(text),
  });
  return await runFromConfig(request, surroundings, { watcher, redactor }, signal);
}

/** Prints what came of a run and returns the exit code. */
export function finish(
  result: RunResult,
  { stdout, stderr }: EntryOutput,
  surroundings: Surroundings,
  verbose: boolean,
  withLine: boolean,
): number {
  const color = hasColor(surroundings, stderr);
  stderr.write(printSummary(result, { ...result, color, width: stderr.columns ?? 100, verbose }));
  if (withLine) stdout.write(`${JSON.stringify(result.line)}\n`);
  return result.exitCode;
}

/** Colour on a terminal, unless NO_COLOR says otherwise (https://no-color.org). */
export function hasColor({ env }: Surroundings, stream: TerminalStream): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
