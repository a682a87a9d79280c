import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const GIVEN = process.env['DRAY_TEST_AIRFLOW'];

/** Interpreters of the Airflows that are here, by version. */
export const AIRFLOWS = JSON.parse(GIVEN ?? '{}') as Readonly<Record<string, string>>;
export const VERSIONS = Object.keys(AIRFLOWS);

/** Older ones that only parse files, with DRAY_SOAK_AIRFLOW. */
export const OLDER = JSON.parse(process.env['DRAY_TEST_OLDER_AIRFLOW'] ?? '{}') as typeof AIRFLOWS;

/** What a suite that needs an Airflow appends to its title. */
export const withoutAirflow = VERSIONS.length === 0 ? ' (skipped: no Airflow)' : '';

export interface AirflowHome extends AsyncDisposable {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a script of test/python; returns the JSON of the line that begins with the mark. */
  script(
    name: string,
    mark: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<unknown>;
}

/** An Airflow with a home and a database of its own. */
export async function openAirflow(version: string): Promise<AirflowHome> {
  const python = AIRFLOWS[version] ?? '';
  const home = await mkdtemp(join(tmpdir(), 'dray-airflow-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__UNIT_TEST_MODE: 'False',
    AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY: 'True',
  };
  return {
    python,
    env,
    async script(name, mark, args, more = {}) {
      const file = join(import.meta.dirname, '../python', name);
      const { stdout, stderr } = await run(python, [file, ...args], {
        ...{ env: { ...env, ...more }, cwd: home, maxBuffer: 64 * 1024 * 1024 },
      }).catch((error: unknown) => error as { readonly stdout: string; readonly stderr: string });
      const line = new RegExp(`^${mark} (.+)$`, 'm').exec(stdout)?.[1];
      if (line === undefined) throw new Error(`${name} on ${version}:\n${stdout}${stderr}`);
      return JSON.parse(line) as unknown;
    },
    async [Symbol.asyncDispose]() {
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
