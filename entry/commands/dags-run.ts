import { systemClock } from '../../core/clock.ts';
import { inLanes } from '../../core/concurrent.ts';
import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { parseWindow, type Window } from '../../core/window.ts';
import { assertValid } from '../../dags/compiler/compile.ts';
import { executeDag, hasSucceeded, type LocalRun, type TaskRun } from '../../dags/local/execute.ts';
import { lanes } from '../../dags/local/lanes.ts';
import type { DagDefinition } from '../../dags/model.ts';
import { cronOf, intervalsIn } from '../../dags/schedule.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { dagFlags, dagNamed, dagsOf } from '../dags/chosen.ts';
import { runAndWatch } from '../generic-main.ts';
import { newRunId } from '../run-id.ts';

/** `dray dags run ID --from --to`: the DAG once, without Airflow. */
export const dagsRun = defineCommand({
  usage: 'dags run <id>',
  summary: 'run a DAG here, without Airflow',
  flags: (yargs) =>
    dagFlags(yargs)
      .positional('id', { type: 'string', demandOption: true, describe: 'the DAG' })
      .option('from', { type: 'string', describe: 'start of the interval, YYYY-MM-DD' })
      .option('to', { type: 'string', describe: 'its end, the day after its last one' })
      .option('param', { type: 'string', array: true, describe: 'NAME=VALUE of a parameter' })
      .option('name', {
        type: 'string',
        describe: 'of the run: the same one again goes on with it',
      })
      .option('lanes', { type: 'number', default: 1, describe: 'tasks at work at a time' }),
  async run(args, context, signal) {
    const dag = await chosen(args, context);
    const interval = parseWindow(args.from, args.to);
    if (interval === undefined && cronOf(dag.options.schedule) !== undefined) {
      throw new JobError('WINDOW_INVALID', `the DAG "${dag.id}" runs for an interval`, {
        hint: 'give --from and --to',
      });
    }
    const now = (context.surroundings.clock ?? systemClock).now();
    const name = args.name ?? newRunId('local', now);
    const run = { name, interval, params: paramsOf(args.param, dag) };
    const [ok] = await runAll(dag, [run], args.lanes, context, signal);
    return ok === true ? 0 : 1;
  },
});

/** `dray dags backfill ID --from --to`: each interval of the schedule, resumable. */
export const dagsBackfill = defineCommand({
  usage: 'dags backfill <id>',
  summary: 'run a DAG here for all intervals in a range; again: what has not succeeded yet',
  flags: (yargs) =>
    dagFlags(yargs)
      .positional('id', { type: 'string', demandOption: true, describe: 'the DAG' })
      .option('from', { type: 'string', demandOption: true, describe: 'first day, YYYY-MM-DD' })
      .option('to', { type: 'string', demandOption: true, describe: 'day after the last one' })
      .option('param', { type: 'string', array: true, describe: 'NAME=VALUE of a parameter' })
      .option('name', {
        type: 'string',
        default: 'backfill',
        describe: 'of the backfill: another name loads everything once more',
      })
      .option('lanes', { type: 'number', default: 1, describe: 'tasks at work at a time' }),
  async run(args, context, signal) {
    const dag = await chosen(args, context);
    parseWindow(args.from, args.to);
    const schedule = cronOf(dag.options.schedule);
    if (schedule === undefined) {
      throw new JobError('DAG_INVALID', `the DAG "${dag.id}" has no intervals to run for`, {
        hint: 'dray dags run runs it once',
      });
    }
    const params = paramsOf(args.param, dag);
    const runs = intervalsIn(schedule, args.from, args.to).map((interval: Window) => ({
      ...{ name: `${args.name}__${interval.startDate}`, interval, params },
    }));
    const ok = await runAll(dag, runs, args.lanes, context, signal);
    const failed = runs.filter((_, index) => ok[index] !== true);
    const count = `${String(runs.length - failed.length)} of ${String(runs.length)}`;
    context.err(`${count} runs of ${dag.id} have succeeded`);
    for (const { name } of failed) context.err(`  not yet: ${name}; the same command goes on`);
    return failed.length === 0 ? 0 : 1;
  },
});

async function chosen(
  args: Parameters<typeof dagsOf>[0] & { readonly id: string; readonly lanes: number },
  { surroundings: { cwd } }: CommandContext,
): Promise<DagDefinition> {
  if (!(Number.isInteger(args.lanes) && args.lanes >= 1)) {
    throw new JobError('ARGUMENTS_INVALID', '--lanes is not a positive whole number', {
      hint: 'at least one task is at work at a time',
    });
  }
  const dag = dagNamed(args.id, await dagsOf(args, cwd));
  assertValid([dag], cwd);
  return dag;
}

/** @returns whether each run has succeeded. */
async function runAll(
  dag: DagDefinition,
  runs: readonly LocalRun[],
  count: number,
  context: CommandContext,
  signal: AbortSignal,
): Promise<readonly boolean[]> {
  const { clock = systemClock } = context.surroundings;
  const services = {
    clock,
    inLane: lanes(count),
    tell: (line: string) => {
      context.err(printable(line));
    },
    runTask: async (task: TaskRun, each: AbortSignal) => await oneTry(task, context, each),
  };
  const work = runs.map((run) => async (each: AbortSignal) => {
    return hasSucceeded(dag, await executeDag(dag, run, services, each));
  });
  return await inLanes(count, work, signal);
}

/** The next attempt of a run; one that has completed is not run again. */
async function oneTry(
  { runId, job, config, window }: TaskRun,
  { store, storePath, surroundings, output }: CommandContext,
  signal: AbortSignal,
): Promise<number> {
  const known = await store.getRun(runId);
  if (known?.state === 'COMPLETED') return 0;
  const { exitCode } = await runAndWatch(
    {
      ...{ jobName: job, config, runId, attempt: (known?.attempt ?? 0) + 1, ...window },
      ...(storePath === undefined ? {} : { store: storePath }),
    },
    surroundings,
    output,
    signal,
  );
  return exitCode;
}

function paramsOf(
  given: readonly string[] = [],
  { id, options: { params = [] } }: DagDefinition,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const param = params.find((one) => one.name === name);
      if (param?.choices.includes(value) === true) return [name, value];
      const known = params.map((one) => `${one.name}=${one.choices.join('|')}`);
      throw new JobError('ARGUMENTS_INVALID', printable(`"${id}" takes no parameter "${pair}"`), {
        hint: known.length === 0 ? 'it has none' : `it takes: ${known.join(', ')}`,
      });
    }),
  );
}
