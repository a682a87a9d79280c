import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUCKET, type TestS3 } from '../aws/s3.ts';
import { type TestClock, testClock } from '../twins/clock.ts';
import { type GlueTwin, startGlueTwin } from '../../platforms/twins/glue.ts';
import { type Cli, cliAt } from './cli.ts';

const NOOP = { notification_service: 'NOOP' };
export const CONFIG = {
  ...{ job_failed_notifications: NOOP, job_success_notifications: NOOP },
  extractor_config: { strategy: 'PARQUET', source_table: '/data/promotions' },
  unity_loader_config: { strategy: 'DELTA', path: '/lake/promotions' },
};
export const SETTINGS = {
  role: 'arn:aws:iam::123456789012:role/promos',
  script_location: `s3://${BUCKET}/generic_entry.py`,
  result_prefix: `s3://${BUCKET}/results`,
  max_concurrent_runs: 50,
};

/** Somebody at a terminal, with a config and the settings of a platform. */
export interface Terminal extends Disposable {
  readonly folder: string;
  readonly clock: TestClock;
  readonly cli: Cli;
  /** The command that submits the job with the environment `dev`, and more flags. */
  submit(...more: readonly string[]): readonly string[];
  /** Leaves the result line that the job would have left. */
  leave(runId: string, exitCode: number, attempt?: number): Promise<void>;
}

/** @param clock - that of the platform's twin, too. */
export function openTerminal(
  s3: TestS3,
  platform: string,
  settings: object,
  clock: TestClock,
): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'dray-submit-'));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(CONFIG));
  const file = { environments: { dev: { [platform]: settings }, prod: { [platform]: {} } } };
  writeFileSync(join(folder, 'dray.config.json'), JSON.stringify(file));
  const env = { AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_REGION: 'eu-central-1' };

  return {
    ...{ folder, clock },
    cli: cliAt(folder, env, clock),
    submit: (...more) => [
      ...['submit', platform, '--job', 'load_promos', '--config', config, '--env', 'dev', ...more],
    ],
    async leave(runId, exitCode, attempt = 1) {
      const line = { schema: 'dray.result/1', run_id: runId, attempt, exit_code: exitCode };
      const name = `${runId}.${String(attempt)}.json`;
      const { signal } = new AbortController();
      await s3.openStorage(SETTINGS.result_prefix).write(name, JSON.stringify(line), signal);
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true });
    },
  };
}

/** Somebody at a terminal with a Glue of their own. */
export interface Desk extends Omit<Terminal, typeof Symbol.dispose>, AsyncDisposable {
  readonly twin: GlueTwin;
  /** Of the newest run on Glue. */
  sentArguments(): Readonly<Record<string, string>>;
}

/** `AWS_ENDPOINT_URL_GLUE` of this process leads to the newest desk. */
export async function openDesk(s3: TestS3): Promise<Desk> {
  const clock = testClock();
  const twin = await startGlueTwin({ clock });
  process.env['AWS_ENDPOINT_URL_GLUE'] = twin.endpoint;
  const terminal = openTerminal(s3, 'glue', SETTINGS, clock);
  return {
    ...{ ...terminal, twin },
    sentArguments: () => twin.runs.at(-1)?.arguments ?? {},
    async [Symbol.asyncDispose]() {
      delete process.env['AWS_ENDPOINT_URL_GLUE'];
      await twin[Symbol.asyncDispose]();
      terminal[Symbol.dispose]();
    },
  };
}
