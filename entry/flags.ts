/** The flags of the generic entry, as they are on the wire; `--<job>_job` comes on top. */
export const VALUE_FLAGS = {
  module_name:
    'the job, such as load_promos, load_promos_job_factory or a.b.load_promos_job_factory',
  start_date: 'first day of the window, YYYY-MM-DD; together with --end_date',
  end_date: 'day after the last one of the window, YYYY-MM-DD',
  created_by: 'who or what started the run; a column of the output (default: dray)',
  service_provider: 'DATABRICKS, GLUE, EMR, CONTAINER or LOCAL (default: found out)',
  run_id: 'id of the run, the same for all its attempts (default: a new one)',
  attempt: 'number of the attempt, from 1 (default: 1)',
  store: 'file of the run store',
  result: 'file or s3:// URI that gets the JSON line too, for whoever has sent this run',
  telemetry:
    'folder or s3:// URI that gets events and progress while the run works; log: lines on stderr',
  'dagster-pipes-context': 'set by Dagster, as is the next one, where it starts the run',
  'dagster-pipes-messages': 'where Dagster wants messages; both may be in the environment instead',
} as const;

export const BOOLEAN_FLAGS = {
  force: 'load again what is loaded already',
  dry_run: 'check config, source and targets; write nothing',
  verbose: 'say more on stderr',
  help: 'show this',
  version: 'show the version',
} as const;

export type ValueFlag = keyof typeof VALUE_FLAGS;
export type BooleanFlag = keyof typeof BOOLEAN_FLAGS;

/** The flag that carries the config of a job. */
export function configFlag(job: string): string {
  return `${job}_job`;
}

/** What `--help` prints. */
export function entryHelp(jobNames: readonly string[]): string {
  const table: readonly (readonly [string, string])[] = [
    ...Object.entries(VALUE_FLAGS),
    ...Object.entries(BOOLEAN_FLAGS),
  ];
  const width = Math.max(...table.map(([name]) => name.length)) + 2;
  const line = ([name, text]: readonly [string, string]): string =>
    `  ${`--${name}`.padEnd(width)}  ${text}`;
  return [
    'Runs one job and prints one line of JSON.',
    '',
    'usage: generic-entry --module_name JOB --JOB_job CONFIG [flags]',
    '',
    'CONFIG is JSON text, @FILE, @s3://BUCKET/KEY#sha256=HEX, or base64url:TEXT.',
    `JOB is one of: ${jobNames.join(', ')}`,
    '',
    ...table.map(line),
    '',
    'Exit codes: 0 completed, 1 failed, 2 arguments or config, 3 worth a retry,',
    '4 data quality, 5 lost to a newer attempt, 130 and 143 cancelled by a signal.',
    '',
  ].join('\n');
}
