import type { ServiceProvider } from '../../core/platform.ts';
import { toWire } from '../../core/wire.ts';
import { type EnvelopeTarget, sealConfig, type SealOptions } from '../../platforms/envelope.ts';
import type { JobNode } from '../model.ts';
import { template } from '../template.ts';
import type { OperatorContext } from './operator.ts';
import { windowExpressions } from '../window.ts';

/** The run of dray's: the same for all tries at a task of a run of Airflow's. */
export function runIdOf({ isMapped }: Pick<JobNode, 'isMapped'>): string {
  const parts = ['dag.dag_id', 'ti.task_id', 'run_id', ...(isMapped ? ['ti.map_index'] : [])];
  // Airflow's ids have characters that dray's have not: 2024-01-01T00:00:00+00:00.
  return template(`(${parts.join(" ~ '.' ~ ")}) | replace('+', '_') | replace('~', '_')`);
}

const ATTEMPT = template('ti.try_number');

/** What a platform knows a try by; another one for each, since it gives the old run back for ever. */
export function tokenOf({ isMapped }: Pick<JobNode, 'isMapped'>): string {
  const parts = ['dag.dag_id', 'run_id', 'ti.task_id', 'ti.try_number'];
  const all = isMapped ? [...parts, 'ti.map_index'] : parts;
  return template(`macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, ${all.join(" ~ '/' ~ ")})`);
}

export type EntryArgs = readonly (readonly [flag: string, value: string])[];

/** How the arguments of a task get to its job. */
export interface Way {
  readonly target: EnvelopeTarget;
  readonly serviceProvider?: ServiceProvider;
  /** What counts against the platform's limit beside the entry's arguments. */
  readonly words?: readonly string[];
  /** Folder that gets the result line of each try. */
  readonly resultPrefix?: string | undefined;
  readonly upload?: SealOptions['upload'] | undefined;
}

/** As long as they can be when Airflow has rendered them. */
const LONGEST = { run_id: 'x'.repeat(128), attempt: '9999', date: '9999-12-31' } as const;

/**
 * Arguments of the generic entry, with expressions for what each run knows itself.
 *
 * @throws JobError `CONFIG_INVALID` for a config that is too long and has no place to be put.
 */
export async function entryArguments(
  node: JobNode,
  config: unknown,
  { timezone, sealed }: OperatorContext,
  way: Way,
): Promise<EntryArgs> {
  const flag = `${node.job.name}_job`;
  const { window } = node;
  const expressions = windowExpressions(window, timezone);
  const [start, end] =
    window.kind === 'dates'
      ? [window.startDate, window.endDate]
      : [expressions && template(expressions.start), expressions && template(expressions.end)];
  const runId = runIdOf(node);
  const rest: readonly (readonly [flag: string, value: string, longest?: string])[] = [
    ...(start === undefined || end === undefined
      ? []
      : ([
          ['start_date', start, LONGEST.date],
          ['end_date', end, LONGEST.date],
        ] as const)),
    ['created_by', 'airflow'],
    ...(way.serviceProvider === undefined
      ? []
      : ([['service_provider', way.serviceProvider]] as const)),
    ['run_id', runId, LONGEST.run_id],
    ['attempt', ATTEMPT, LONGEST.attempt],
    ...(way.resultPrefix === undefined
      ? []
      : ([['result', resultOf(way.resultPrefix, runId)]] as const)),
  ];
  const others = [
    ...['--module_name', node.job.name, `--${flag}`],
    ...rest.flatMap(([name, value, longest]) => [`--${name}`, longest ?? value]),
  ];
  const wire = toWire(config);
  const envelope = await sealConfig(wire, {
    ...{ target: way.target, others: [...(way.words ?? []), ...others], jinja: true },
    ...(way.upload === undefined ? {} : { upload: way.upload }),
  });
  sealed(envelope, wire);
  return [
    ['module_name', node.job.name],
    [flag, envelope.text],
    ...rest.map(([name, value]) => [name, value] as const),
  ];
}

/** Where `dray submit` would look for it. */
function resultOf(prefix: string, runId: string): string {
  const name = runId.replace(/\uE001$/, " | replace(':', '_')\uE001");
  return `${prefix.replace(/\/+$/, '')}/${name}.${ATTEMPT}.json`;
}

export function asList(args: EntryArgs): readonly string[] {
  return args.flatMap(([flag, value]) => [`--${flag}`, value]);
}

export function asMap(args: EntryArgs, dashes: '--' | '' = '--'): Readonly<Record<string, string>> {
  return Object.fromEntries(args.map(([flag, value]) => [`${dashes}${flag}`, value]));
}
