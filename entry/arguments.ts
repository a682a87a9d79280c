import { JobError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { SERVICE_PROVIDERS, type ServiceProvider } from '../core/platform.ts';
import { printable } from '../core/printable.ts';
import { parseWindow } from '../core/window.ts';
import { type EnvelopeReader, openEnvelope } from './config-envelope.ts';
import { scanFlags } from './flag-scan.ts';
import {
  BOOLEAN_FLAGS,
  type BooleanFlag,
  configFlag,
  VALUE_FLAGS,
  type ValueFlag,
} from './flags.ts';
import { collectProblems, type Problems } from './problems.ts';

export interface RunArguments {
  readonly kind: 'run';
  /** The job's one name, whatever `--module_name` called it. */
  readonly job: string;
  /** The config as it is on the wire, keys in snake_case. */
  readonly config: unknown;
  /** Both dates of a valid window, or neither. */
  readonly startDate?: string;
  readonly endDate?: string;
  readonly createdBy: string;
  readonly serviceProvider?: ServiceProvider;
  readonly runId?: string;
  readonly attempt: number;
  /** Path of the run store's file. */
  readonly store?: string;
  /** Where the result line goes beside stdout. */
  readonly result?: string;
  /** Where what the run tells while it works goes: a folder, `s3://...`, or `log`. */
  readonly telemetry?: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly verbose: boolean;
}

export type EntryArguments =
  RunArguments | { readonly kind: 'help' } | { readonly kind: 'version' };

/**
 * Reads the arguments of the generic entry. With `--help` or `--version` nothing else counts.
 *
 * @param argv - without the paths of Node and the bundle.
 * @throws JobError with everything that is wrong: `ARGUMENTS_INVALID`, `JOB_UNKNOWN`,
 *   `WINDOW_INVALID`, `CONFIG_INVALID` or `NOT_SUPPORTED`.
 */
export async function parseEntryArguments(
  argv: readonly string[],
  io: EnvelopeReader,
  jobNames: readonly string[],
): Promise<EntryArguments> {
  const flags = scanFlags(argv, {
    values: [...Object.keys(VALUE_FLAGS), ...jobNames.map(configFlag)],
    booleans: Object.keys(BOOLEAN_FLAGS),
  });
  const has = (flag: BooleanFlag): boolean => flags.booleans.has(flag);
  const value = (flag: ValueFlag): string | undefined => flags.values.get(flag);
  if (has('help')) return { kind: 'help' };
  if (has('version')) return { kind: 'version' };

  const problems = collectProblems('--help lists all flags');
  for (const problem of flags.problems) problems.add(problem);
  const given = (flag: ValueFlag): boolean => argv.some((word) => isFlag(word, flag));

  const moduleName = value('module_name');
  if (!given('module_name')) {
    problems.add(invalid('--module_name is missing', `jobs: ${jobNames.join(', ')}`));
  }
  const job =
    moduleName === undefined
      ? undefined
      : await problems.during(() => resolveJob(moduleName, jobNames));
  const config = await readConfig(argv, flags.values, job, jobNames, io, problems);
  // A flag without its value has been refused already.
  const dates = [value('start_date'), value('end_date')] as const;
  const datesRead = (['start_date', 'end_date'] as const).every(
    (flag) => given(flag) === (value(flag) !== undefined),
  );
  const window = await problems.during(() => (datesRead ? parseWindow(...dates) : undefined));
  const serviceProvider = await problems.during(() => toProvider(value('service_provider')));
  const runId = await problems.during(() => toRunId(value('run_id')));
  const attempt = await problems.during(() => toAttempt(value('attempt')));
  const store = await problems.during(() => toStorePath(value('store')));
  const result = value('result');
  const telemetry = value('telemetry');
  problems.throwIfAny();
  if (job === undefined) throw new Error('a job that is not known has to be a problem');
  return {
    kind: 'run',
    job,
    config,
    ...window,
    createdBy: value('created_by') ?? 'dray',
    ...(serviceProvider !== undefined && { serviceProvider }),
    ...(runId !== undefined && { runId }),
    attempt: attempt ?? 1,
    ...(store !== undefined && { store }),
    ...(result !== undefined && { result }),
    ...(telemetry !== undefined && { telemetry }),
    force: has('force'),
    dryRun: has('dry_run'),
    verbose: has('verbose'),
  };
}

function isFlag(word: string, flag: string): boolean {
  return word === `--${flag}` || word.startsWith(`--${flag}=`);
}

/** The config of the job; reads one that is given even when the job is not known, to check it. */
async function readConfig(
  argv: readonly string[],
  values: ReadonlyMap<string, string>,
  job: string | undefined,
  jobNames: readonly string[],
  io: EnvelopeReader,
  problems: Problems,
): Promise<unknown> {
  const given = jobNames.filter((name) => argv.some((word) => isFlag(word, configFlag(name))));
  if (job !== undefined) {
    const own = configFlag(job);
    for (const other of given.filter((name) => name !== job)) {
      problems.add(invalid(`--${configFlag(other)} is not for job "${job}"`, `pass --${own}`));
    }
    if (given.length === 0) {
      problems.add(invalid(`--${own} is missing`, 'it takes JSON, @FILE or base64url:TEXT'));
    }
  }
  const flag = given.map(configFlag).find((name) => values.has(name));
  const text = flag === undefined ? undefined : values.get(flag);
  if (flag === undefined || text === undefined) return undefined;
  return await problems.during(async () => await openEnvelope(`--${flag}`, text, io));
}

/** `load_promos`, `load_promos_job_factory`, or a dotted path that ends in either. */
function resolveJob(moduleName: string, jobNames: readonly string[]): string {
  const last = moduleName.slice(moduleName.lastIndexOf('.') + 1).replace(/_job_factory$/, '');
  if (jobNames.includes(last)) return last;
  const near = nearest(last, jobNames);
  throw new JobError('JOB_UNKNOWN', printable(`--module_name names no job: "${moduleName}"`), {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}jobs: ${jobNames.join(', ')}`,
  });
}

function toProvider(name: string | undefined): ServiceProvider | undefined {
  if (name === undefined) return undefined;
  const found = SERVICE_PROVIDERS.find((provider) => provider === name);
  if (found !== undefined) return found;
  throw invalid(
    `--service_provider is not one of them: "${name}"`,
    `choose one of: ${SERVICE_PROVIDERS.join(', ')}`,
  );
}

/** @throws JobError `ARGUMENTS_INVALID` for what no run can be called. */
export function toRunId(id: string | undefined): string | undefined {
  if (id === undefined || /^[A-Za-z0-9._:-]{1,128}$/.test(id)) return id;
  throw invalid(
    `--run_id is not an id: "${id}"`,
    'use up to 128 of the characters A-Z a-z 0-9 . _ : -',
  );
}

function toAttempt(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw invalid(`--attempt is not a positive whole number: "${text}"`, 'the first attempt is 1');
}

function toStorePath(text: string | undefined): string | undefined {
  if (text === undefined || !/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return text;
  // The address itself may hold a password.
  throw new JobError('NOT_SUPPORTED', '--store takes no addresses yet', {
    hint: 'give the path of a file, such as .dray/runs.db',
  });
}

function invalid(message: string, hint: string): JobError {
  return new JobError('ARGUMENTS_INVALID', printable(message), { hint });
}
