import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestClock, testClock } from '../twins/clock.ts';
import { type DatabricksTwin, startDatabricksTwin } from '../twins/databricks.ts';
import { type Cli, cliAt } from './cli.ts';
import { CONFIG } from './submit-desk.ts';

const WHEEL = 'main/jobs/dray/dray_entry-0.1.0-py3-none-any.whl';
const SETTINGS = {
  existing_cluster_id: '0612-020000-abcdefgh',
  wheels: [`/Volumes/${WHEEL}`],
  result_prefix: '/Volumes/main/jobs/results',
};

/** Somebody at a terminal, with a config, settings, and a workspace of their own. */
export interface DatabricksDesk extends AsyncDisposable {
  readonly folder: string;
  readonly clock: TestClock;
  readonly twin: DatabricksTwin;
  /** Of the commands; may be changed between them. */
  readonly env: Record<string, string>;
  readonly cli: Cli;
  /** The command that submits the job with the environment `dev`, and more flags. */
  submit(...more: readonly string[]): readonly string[];
  /** Puts settings in the place of those of the environment. */
  set(settings: object): void;
  /** Leaves the result line that the job would have left. */
  leave(runId: string, exitCode: number, attempt?: number): void;
}

export async function openDatabricksDesk(): Promise<DatabricksDesk> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-databricks-'));
  const clock = testClock();
  const twin = await startDatabricksTwin({ clock, volumes: join(folder, 'volumes') });
  const env = { DATABRICKS_HOST: twin.endpoint, DATABRICKS_TOKEN: twin.token };
  const config = join(folder, 'config.json');

  /** Puts a file into a volume. */
  function keep(path: string, content: string): void {
    const at = join(folder, 'volumes', path);
    mkdirSync(join(at, '..'), { recursive: true });
    writeFileSync(at, content);
  }

  function set(databricks: object): void {
    const file = { environments: { dev: { databricks } } };
    writeFileSync(join(folder, 'dray.config.json'), JSON.stringify(file));
  }

  keep(WHEEL, 'wheel');
  writeFileSync(config, JSON.stringify(CONFIG));
  set(SETTINGS);
  return {
    ...{ folder, clock, twin, env, set },
    cli: (...given) => cliAt(folder, env, clock)(...given),
    submit: (...more) => [
      ...['submit', 'databricks', '--job', 'load_promos', '--config', config, '--env', 'dev'],
      ...more,
    ],
    leave(runId, exitCode, attempt = 1) {
      const line = { schema: 'dray.result/1', run_id: runId, attempt, exit_code: exitCode };
      keep(`main/jobs/results/${runId}.${String(attempt)}.json`, JSON.stringify(line));
    },
    async [Symbol.asyncDispose]() {
      await twin[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
