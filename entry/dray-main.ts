import yargs, { type Argv } from 'yargs';
import { JobError, toJobError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { createRedactor } from '../core/secrets.ts';
import type { Command } from './command.ts';
import { capabilities } from './commands/capabilities.ts';
import { dagsBackfill, dagsRun } from './commands/dags-run.ts';
import { dagsCheck, dagsCompile, dagsGraph, dagsList } from './commands/dags.ts';
import { doctor } from './commands/doctor.ts';
import { loadsList } from './commands/loads.ts';
import { notificationsList } from './commands/notifications.ts';
import { packageCommand } from './commands/package.ts';
import { parity } from './commands/parity.ts';
import { plan } from './commands/plan.ts';
import { quarantineList, quarantineShow } from './commands/quarantine.ts';
import { quarantineReplay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { runsList, runsShow } from './commands/runs.ts';
import { sparkUp } from './commands/spark.ts';
import { stateShow } from './commands/state.ts';
import {
  submissionsCancel,
  submissionsFollow,
  submissionsList,
  submissionsShow,
} from './commands/submissions.ts';
import { submit } from './commands/submit.ts';
import { twinGlue } from './commands/twin.ts';
import { optimize, vacuum } from './commands/upkeep.ts';
import { verify } from './commands/verify.ts';
import { assertNode, type Surroundings } from './context.ts';
import { type EntryOutput, finish } from './generic-main.ts';
import { failedResult } from './run.ts';
import { VERSION } from './version.ts';

const COMMANDS: readonly Command[] = [
  run,
  plan,
  verify,
  parity,
  submit,
  submissionsList,
  submissionsShow,
  submissionsFollow,
  submissionsCancel,
  dagsCompile,
  dagsCheck,
  dagsList,
  dagsGraph,
  dagsRun,
  dagsBackfill,
  doctor,
  capabilities,
  packageCommand,
  runsList,
  runsShow,
  loadsList,
  stateShow,
  optimize,
  vacuum,
  quarantineList,
  quarantineShow,
  quarantineReplay,
  notificationsList,
  sparkUp,
  twinGlue,
];

const GROUPS: Readonly<Record<string, string>> = {
  runs: 'look at runs',
  submissions: 'look at runs on platforms, follow and stop them',
  loads: 'look at what targets hold',
  state: 'look at how far sources were read',
  quarantine: 'look at rows that broke rules, and load them again',
  notifications: 'look at what was told of runs',
  dags: 'compile DAGs for Airflow, and run them without it',
  spark: 'Spark on this machine',
  twin: 'platforms on this machine, to develop against',
};

/**
 * The CLI for people.
 *
 * @param argv - without the paths of Node and the program.
 * @returns the exit code.
 */
export async function dray(
  argv: readonly string[],
  surroundings: Surroundings,
  output: EntryOutput,
  signal: AbortSignal,
): Promise<number> {
  let exitCode = 0;
  const line = (stream: { write(text: string): unknown }) => (text: string) => {
    stream.write(`${text}\n`);
  };
  const execute = (command: Command) => async (args: Readonly<Record<string, unknown>>) => {
    const storePath = args['store'];
    const named = typeof storePath === 'string' ? storePath : undefined;
    const isTty = output.stderr.isTTY === true;
    const screen = {
      ...(named === undefined ? {} : { storePath: named }),
      surroundings,
      output,
      out: line(output.stdout),
      err: line(output.stderr),
      width: isTty ? (output.stderr.columns ?? 80) : Number.POSITIVE_INFINITY,
      color: isTty && (surroundings.env['NO_COLOR'] ?? '') === '',
    };
    exitCode = await command.run(args, screen, signal);
  };

  const cli = grouped(yargs([...argv]), execute)
    .scriptName('dray')
    .usage('$0 <command>\n\nruns data jobs that were written once, wherever the data is')
    .option('store', { type: 'string', describe: 'file of the run store', global: true })
    .option('verbose', { type: 'boolean', default: false, describe: 'show causes and stacks' })
    .demandCommand(1, 'name a command')
    .recommendCommands()
    .strict()
    .exitProcess(false)
    .version(VERSION)
    .help()
    .fail((message: string | undefined, error: Error | undefined) => {
      throw (
        error ??
        new JobError('ARGUMENTS_INVALID', usageMessage(message, argv), {
          hint: 'dray --help lists the commands, dray COMMAND --help their flags',
        })
      );
    });
  try {
    assertNode(surroundings);
    await cli.parseAsync();
  } catch (thrown) {
    const result = failedResult(toJobError(thrown), surroundings, { redactor: createRedactor() });
    return finish(result, output, surroundings, argv.includes('--verbose'), false);
  }
  return exitCode;
}

/** yargs answers a misspelt command with a suggestion alone. */
function usageMessage(message: string | undefined, argv: readonly string[]): string {
  const text = (message ?? 'bad arguments').replace(/^./, (first) => first.toLowerCase());
  return text.startsWith('did you mean')
    ? `there is no command "${printable(argv[0] ?? '')}": ${text}`
    : text;
}

type Handler = (args: Readonly<Record<string, unknown>>) => Promise<void>;

/** `runs list` and `runs show` become subcommands of `runs`. */
function grouped(cli: Argv, execute: (command: Command) => Handler): Argv {
  const single = COMMANDS.filter((command) => groupOf(command) === undefined);
  const withSingle = single.reduce(
    (all, command) =>
      all.command(command.usage, command.summary, (y: Argv) => command.flags(y), execute(command)),
    cli,
  );
  return Object.entries(GROUPS).reduce(
    (all, [group, summary]) =>
      all.command(`${group} <command>`, summary, (below: Argv) =>
        COMMANDS.filter((command) => groupOf(command) === group)
          .reduce(
            (inner, command) =>
              inner.command(
                command.usage.slice(group.length + 1),
                command.summary,
                (y: Argv) => command.flags(y),
                execute(command),
              ),
            below,
          )
          .demandCommand(1, `name a command of "${group}"`)
          .strict(),
      ),
    withSingle,
  );
}

function groupOf(command: Command): string | undefined {
  return Object.keys(GROUPS).find((group) => command.usage.startsWith(`${group} `));
}
