import { JobError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { printable } from '../../core/printable.ts';
import { RUN_STATES } from '../../core/run-state.ts';
import type { RunRecord } from '../../core/run-store.ts';
import { describeWindow } from '../../core/window.ts';
import { defineCommand } from '../command.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count, instant, paint, paintState, secondsBetween } from '../wording.ts';
import { assertLimit, LIMIT } from './limit.ts';
import { describeRun } from './run-description.ts';
import { loadedRows, toWire } from './run-view.ts';

const COLUMNS: readonly TableColumn[] = [
  // Never cut: it is what `runs show` takes.
  { title: 'RUN ID' },
  { title: 'JOB', shrinkTo: 8 },
  { title: 'WINDOW' },
  { title: 'STATE' },
  { title: 'ATTEMPT', align: 'right', optional: true },
  { title: 'ROWS LOADED', align: 'right' },
  { title: 'SECONDS', align: 'right', optional: true },
  { title: 'STARTED (UTC)', optional: true },
];

/** How far back `runs show` looks for the id that somebody meant. */
const RECENT = 200;

export const runsList = defineCommand({
  usage: 'runs list',
  summary: 'list the newest runs',
  flags: (yargs) =>
    yargs
      .option('job', { type: 'string', describe: 'only runs of this job' })
      .option('state', { choices: RUN_STATES, describe: 'only runs in this state' })
      .option('limit', LIMIT)
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  async run({ job, state, limit, json }, context) {
    assertLimit(limit);
    const runs = await context.store.listRuns({
      ...(job !== undefined && { job }),
      ...(state !== undefined && { state }),
      limit,
    });
    if (json) {
      context.out(JSON.stringify(runs.map(toWire), null, 2));
      return 0;
    }
    if (runs.length === 0) {
      context.err(job === undefined && state === undefined ? 'no runs yet' : 'no such runs');
      return 0;
    }
    const rows = runs.map((run) => cells(run, context.color));
    const [titles = '', ...lines] = tableLines(COLUMNS, rows, context.width);
    context.out([paint('bold', titles, context.color), ...lines].join('\n'));
    // A full page may not be all.
    if (runs.length === limit) context.err(`the newest ${count(limit)}; --limit shows more`);
    return 0;
  },
});

export const runsShow = defineCommand({
  usage: 'runs show <run_id>',
  summary: 'show one run: steps, rows, sinks and events',
  flags: (yargs) =>
    yargs
      .positional('run_id', { type: 'string', demandOption: true, describe: 'id of the run' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  async run({ run_id: runId, json }, context) {
    const { store } = context;
    const run = await store.getRun(runId);
    if (run === undefined) {
      const recent = await store.listRuns({ limit: RECENT });
      const near = nearest(
        runId,
        recent.map((one) => one.runId),
      );
      throw new JobError('RUN_UNKNOWN', `there is no run "${printable(runId)}"`, {
        hint: near === undefined ? 'dray runs list shows them' : `did you mean "${near}"?`,
      });
    }
    const [steps, events] = [await store.listSteps(runId), await store.listEvents(runId)];
    const progress = await store.listProgress(runId);
    if (json) {
      const record = {
        ...toWire(run),
        steps: steps.map(toWire),
        ...(progress.length === 0 ? {} : { progress: progress.map(toWire) }),
        events: events.map(toWire),
      };
      context.out(JSON.stringify(record, null, 2));
    } else {
      context.out(describeRun(run, { steps, progress, events }, context).join('\n'));
    }
    return 0;
  },
});

function cells(run: RunRecord, color: boolean): readonly string[] {
  return [
    printable(run.runId),
    printable(run.job),
    describeWindow(run.window),
    paintState(run.state, color),
    String(run.attempt),
    count(loadedRows(run)),
    secondsBetween(run.startedAt, run.endedAt),
    instant(run.startedAt),
  ];
}
