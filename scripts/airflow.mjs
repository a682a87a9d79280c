// The Airflows that generated DAGs are run by: .dray/airflow/VERSION/venv, each made once by uv.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './bootstrap.mjs';
import { prepareVenv } from './python.mjs';

export const AIRFLOW_VERSIONS = ['2.11.2', '3.3.2'];

const TOOLS = { folder: '.dray/tools-venv', requirements: 'test/python/tools-requirements.txt' };

/** Why no Airflow runs on this Python, or undefined; the pinned providers have wheels for these two. */
export function airflowMissing(python) {
  if (python.version === undefined) return 'no Python';
  if (/^Python 3\.1[12]\./.test(python.version)) return undefined;
  return `the pinned Airflows run on Python 3.11 and 3.12, this is ${python.version}`;
}

/** `bin/` of the environment with uv and ruff. */
export function prepareTools(pythonVersion) {
  return dirname(prepareVenv(pythonVersion, TOOLS));
}

function uv(tools, venv, args) {
  const { status, stdout, stderr } = spawnSync(join(tools, 'uv'), args, {
    encoding: 'utf8',
    // Only this environment: no configuration of the machine's, no Python that uv downloads.
    env: { ...process.env, UV_NO_CONFIG: '1', UV_PYTHON_DOWNLOADS: 'never', VIRTUAL_ENV: venv },
  });
  if (status === 0) return;
  rmSync(venv, { recursive: true, force: true });
  throw new Error(`uv ${args[0]} ${args[1]} failed:\n${stdout ?? ''}${stderr ?? ''}`.trimEnd());
}

/** Makes the environment of a version unless it holds these requirements; returns its interpreter. */
export function prepareAirflow(version, pythonVersion, tools) {
  const venv = join(ROOT, '.dray/airflow', version, 'venv');
  const stamp = join(venv, 'requirements.sha256');
  const list = join(ROOT, `test/python/airflow-${version}-requirements.txt`);
  const python = join(venv, 'bin/python');
  const wanted = createHash('sha256')
    .update(pythonVersion)
    .update(readFileSync(list))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  process.stdout.write(`preparing Airflow ${version} (once, some 700 MB)\n`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  uv(tools, venv, ['venv', '--quiet', '--python', 'python3', venv]);
  // The list is a whole resolution: nothing is looked up beside it.
  uv(tools, venv, ['pip', 'install', '--quiet', '--no-deps', '--python', python, '-r', list]);
  writeFileSync(stamp, wanted);
  return python;
}

/** `{version: interpreter}` of all of them. */
export function prepareAirflows(pythonVersion) {
  const tools = prepareTools(pythonVersion);
  const made = AIRFLOW_VERSIONS.map((version) => [
    version,
    prepareAirflow(version, pythonVersion, tools),
  ]);
  return Object.fromEntries(made);
}
