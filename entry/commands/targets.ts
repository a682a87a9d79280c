import type { Argv } from 'yargs';
import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { MASK } from '../../core/redact.ts';
import type { RunRecord } from '../../core/run-store.ts';
import type { Redactor } from '../../core/secrets.ts';
import { createJob } from '../../jobs/factory.ts';
import type { Computation, EngineContext } from '../../jobs/job.ts';
import { JOB_NAMES } from '../../jobs/registry.ts';
import type { SinkPlan } from '../../jobs/sinks.ts';
import type { Verification } from '../../jobs/verify.ts';
import type { CommandContext } from '../command.ts';
import { openConfig } from '../config-envelope.ts';
import { paint } from '../wording.ts';
import { openInspection } from './inspection.ts';
import { viewResult } from './run-view.ts';

/** Targets that a command looks at, and what looking takes. */
export interface Targets {
  readonly job: string;
  readonly computation: Computation;
  readonly sinks: readonly SinkPlan[];
  /** The run that was asked for; absent: the targets, whoever loaded them. */
  readonly runId?: string;
  readonly context: EngineContext;
  readonly redactor: Redactor;
}

interface Asked {
  readonly target: string | undefined;
  readonly config: string | undefined;
  readonly job: string | undefined;
}

/** How far back a target is looked for among the runs. */
const RECENT_RUNS = 500;

/** The flags by which targets are named. */
export function targetFlags(yargs: Argv) {
  return yargs
    .positional('target', {
      type: 'string',
      describe: 'id of a run, or a target as runs show it; with --config: unity, stage, redshift',
    })
    .option('config', { type: 'string', describe: 'config that names the targets, or the JSON' })
    .option('job', { type: 'string', describe: 'job of the config, where there are several' })
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' });
}

/**
 * Finds the targets that somebody names: those of a run, one by its place, those of a config.
 *
 * @throws JobError `ARGUMENTS_INVALID` when nothing is named, or nothing is found by that name.
 */
export async function findTargets(asked: Asked, context: CommandContext): Promise<Targets> {
  const inspection = openInspection('verify', context);
  const found =
    asked.config === undefined
      ? await byRecord(asked.target, context)
      : await byConfig(asked, context);
  const computation = await createJob(found.job, found.config).computation(inspection.context);
  const all = computation.sinks();
  const { sink } = found;
  const sinks = sink === undefined ? all : all.filter(({ name }) => name === sink);
  if (sinks.length === 0) {
    throw new JobError('ARGUMENTS_INVALID', `the config has no sink "${printable(sink ?? '')}"`, {
      hint: `it has: ${all.map(({ name }) => name).join(', ')}`,
    });
  }
  return {
    ...{ job: found.job, computation, sinks },
    ...{ context: inspection.context, redactor: inspection.redactor },
    ...(found.runId === undefined ? {} : { runId: found.runId }),
  };
}

interface Found {
  readonly job: string;
  readonly config: unknown;
  readonly sink?: string | undefined;
  readonly runId?: string;
}

async function byConfig(
  { target, config = '', job }: Asked,
  { surroundings }: CommandContext,
): Promise<Found> {
  const named = job ?? (JOB_NAMES.length === 1 ? JOB_NAMES[0] : undefined);
  if (named === undefined) {
    throw new JobError('ARGUMENTS_INVALID', '--job is missing', {
      hint: `jobs: ${JOB_NAMES.join(', ')}`,
    });
  }
  return { job: named, config: await openConfig(config, surroundings), sink: target };
}

/** By the run store: a run's id, or the place that one of the newest runs has loaded into. */
async function byRecord(target: string | undefined, { store }: CommandContext): Promise<Found> {
  if (target === undefined) {
    throw new JobError('ARGUMENTS_INVALID', 'no target is named', {
      hint: 'name a run, a target as `dray runs show` prints it, or the config with --config',
    });
  }
  const run = await store.getRun(target);
  const loadedBy =
    run === undefined
      ? newestInto(target, await store.listRuns({ limit: RECENT_RUNS }))
      : undefined;
  const known = run ?? loadedBy?.run;
  if (known === undefined) {
    throw new JobError(
      'ARGUMENTS_INVALID',
      `the run store knows no run and no target "${printable(target)}"`,
      { hint: 'dray runs list shows the runs; a target that others loaded needs --config' },
    );
  }
  const config = await store.getConfig(known.runId);
  if (JSON.stringify(config).includes(MASK)) {
    throw new JobError(
      'ARGUMENTS_INVALID',
      `the record of run "${printable(known.runId)}" holds no password: a literal one is not kept`,
      { hint: 'give the config again with --config, or write the password as secret://...' },
    );
  }
  return run === undefined
    ? { job: known.job, config, sink: loadedBy?.sink }
    : { job: known.job, config, runId: known.runId };
}

function newestInto(
  target: string,
  runs: readonly RunRecord[],
): { readonly run: RunRecord; readonly sink: string } | undefined {
  for (const run of runs) {
    const into = viewResult(run).sinks.find((each) => samePlace(each.target, target));
    if (into !== undefined) return { run, sink: into.sink };
  }
  return undefined;
}

function samePlace(a: string, b: string): boolean {
  return a.replace(/\/+$/, '') === b.replace(/\/+$/, '');
}

/** The line above what there is to say of a target. */
export function targetLine(
  { sink, kind, target }: Pick<Verification, 'sink' | 'kind' | 'target'>,
  color: boolean,
): string {
  return `${paint('bold', sink, color)}  ${kind}  ${printable(target)}`;
}
