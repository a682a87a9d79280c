import { systemClock } from '../core/clock.ts';
import { messageOf, toJobError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { createRedactor, type Redactor } from '../core/secrets.ts';
import { JOB_NAMES, jobs } from '../jobs/registry.ts';
import type { RunResult } from '../jobs/runner.ts';
import { type EntryArguments, parseEntryArguments } from './arguments.ts';
import { assertNode, type Surroundings } from './context.ts';
import { entryHelp } from './flags.ts';
import { writeRemoteLine } from './remote-line.ts';
import { failedResult, type RunRequest, runFromConfig } from './run.ts';
import type { Listeners } from './telemetry/listen.ts';
import { openPipes, type PipesSession } from './telemetry/pipes/session.ts';
import { TO_LOG } from './telemetry/place.ts';
import type { TerminalStream } from './terminal/stream.ts';
import { SILENT } from './terminal/silent.ts';
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
  const redactor = createRedactor();
  const redact = (text: string) => redactor.redact(text);
  await using pipes = await openPipes(argv, surroundings, output, redact);
  const jobNames = Object.keys(jobs);
  const runId = valueOf('run_id', argv);
  let args: EntryArguments;
  try {
    assertNode(surroundings);
    args = await parseEntryArguments(argv, surroundings, jobNames);
  } catch (thrown) {
    const result = failedResult(toJobError(thrown), surroundings, {
      ...(runId === undefined ? {} : { runId: printable(runId) }),
    });
    await leaveResult(valueOf('result', argv), result, pipes, surroundings, output);
    return finish(result, output, surroundings, argv.includes('--verbose'), true);
  }
  if (args.kind === 'help') {
    output.stdout.write(entryHelp(JOB_NAMES));
    return 0;
  }
  if (args.kind === 'version') {
    output.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const { job: jobName, verbose, result: place, telemetry, ...request } = args;
  const listeners = {
    ...(telemetry === undefined ? {} : { telemetry }),
    ...(pipes === undefined ? {} : { pipes }),
    err(line: string) {
      output.stderr.write(`${line}\n`);
    },
  };
  const asked = { jobName, ...request };
  const result = await runAndWatch(asked, surroundings, output, signal, { redactor, listeners });
  await leaveResult(place, result, pipes, surroundings, output);
  return finish(result, output, surroundings, verbose, true);
}

/** The exit code stays that of the run: whoever looks for the line sees that it is not there. */
async function leaveResult(
  place: string | undefined,
  { line }: RunResult,
  pipes: PipesSession | undefined,
  surroundings: Surroundings,
  { stderr }: EntryOutput,
): Promise<void> {
  pipes?.close(line);
  await pipes?.[Symbol.asyncDispose]();
  if (place === undefined) return;
  try {
    await writeRemoteLine(place, line, surroundings);
  } catch (error) {
    stderr.write(`the result line could not be written to ${place}: ${messageOf(error)}\n`);
  }
}

/** Whoever sent us finds its run by the id, also where the other arguments make no sense. */
function valueOf(flag: 'run_id' | 'result', argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const word = argv[at];
  return word === `--${flag}` ? argv[at + 1] : word?.slice(`--${flag}=`.length);
}

/** Runs with a person watching on stderr. */
export async function runAndWatch(
  request: RunRequest,
  surroundings: Surroundings,
  { stderr }: EntryOutput,
  signal: AbortSignal,
  told: { readonly redactor?: Redactor; readonly listeners?: Listeners } = {},
): Promise<RunResult> {
  const { redactor = createRedactor(), listeners } = told;
  const heard = { redactor, ...(listeners === undefined ? {} : { listeners }) };
  if (listeners?.telemetry === TO_LOG) {
    // What a person would read is in those lines, for whoever follows the log.
    return await runFromConfig(request, surroundings, { watcher: SILENT, ...heard }, signal);
  }
  const isTty = stderr.isTTY === true;
  using watcher = terminalWatcher({
    stream: stderr,
    isTty,
    clock: surroundings.clock ?? systemClock,
    color: hasColor(surroundings, stderr),
    redact: (text) => redactor.redact(text),
  });
  return await runFromConfig(request, surroundings, { watcher, ...heard }, signal);
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
