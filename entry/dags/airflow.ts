import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobError } from '../../core/errors.ts';
import { PARSE_SCRIPT } from './parse-script.ts';

/** What a real Airflow makes of a folder of DAGs. */
export interface Parsed {
  readonly version: string;
  /** By file. */
  readonly errors: Readonly<Record<string, string>>;
  /** Deprecations. */
  readonly warnings: readonly string[];
  /** Task, operator and what comes after it, by DAG. */
  readonly dags: Readonly<
    Record<string, readonly (readonly [task: string, operator: string, after: readonly string[]])[]>
  >;
}

/**
 * Has an Airflow parse DAGs, in a home of its own that is deleted again.
 *
 * @returns undefined where that Python has no Airflow.
 * @throws JobError `DAG_INVALID` when Airflow itself fails.
 */
export async function parseByAirflow(
  python: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Parsed | undefined> {
  const home = await mkdtemp(join(tmpdir(), 'dray-airflow-'));
  try {
    const settings = {
      AIRFLOW_HOME: home,
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      // What Airflow 2 warns of on its own behalf.
      AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY: 'True',
    };
    const answer = await run(python, ['-c', PARSE_SCRIPT, folder], { ...env, ...settings }, signal);
    if (answer === undefined || answer.stderr.includes("No module named 'airflow'")) {
      return undefined;
    }
    const line = /^PARSED (.+)$/m.exec(answer.stdout)?.[1];
    if (line !== undefined) return JSON.parse(line) as Parsed;
    const last = answer.stderr.trim().split('\n').slice(-3).join(' ');
    throw new JobError('DAG_INVALID', `Airflow could not parse "${folder}": ${last}`, {
      hint: `${python} -c "import airflow" shows whether that Airflow works`,
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** @returns undefined where there is no such program. */
async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<{ readonly stdout: string; readonly stderr: string } | undefined> {
  return await new Promise((resolve) => {
    const child = spawn(command, args, { env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', () => {
      resolve(undefined);
    });
    child.on('close', () => {
      resolve({ stdout, stderr });
    });
  });
}
