// The Python packages that judge our files: a virtual environment in .dray/venv, made once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const VENV = join(ROOT, '.dray/venv');
const STAMP = join(VENV, 'requirements.sha256');
const REQUIREMENTS = join(ROOT, 'test/python/requirements.txt');
const VENV_PYTHON = join(VENV, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** First line of `command --version`, or undefined when it does not run. */
export function versionOf(command, args = ['--version']) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) return undefined;
  return (stdout.trim() || stderr.trim()).split('\n')[0];
}

/** `python3` when it is there and at least 3.11. */
export function findPython() {
  const version = versionOf('python3');
  const [, major, minor] = /Python (\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (version === undefined) return { missing: 'python3 is not on PATH' };
  if (Number(major) < 3 || (Number(major) === 3 && Number(minor) < 11)) {
    return { missing: `${version} is older than 3.11` };
  }
  return { version };
}

function run(command, args, what) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  rmSync(VENV, { recursive: true, force: true });
  throw new Error(`${what} failed:\n${stdout ?? ''}${stderr ?? ''}`.trimEnd());
}

/** Makes the environment unless it already holds these requirements; returns its interpreter. */
export function prepareVenv(pythonVersion) {
  const wanted = createHash('sha256')
    .update(pythonVersion)
    .update(readFileSync(REQUIREMENTS))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return VENV_PYTHON;
  process.stdout.write('preparing .dray/venv from test/python/requirements.txt (once)\n');
  rmSync(VENV, { recursive: true, force: true });
  mkdirSync(join(ROOT, '.dray'), { recursive: true });
  run('python3', ['-m', 'venv', VENV], 'python3 -m venv (Debian: apt install python3-venv)');
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  run(VENV_PYTHON, ['-m', 'pip', 'install', ...quiet, '-r', REQUIREMENTS], 'pip install');
  writeFileSync(STAMP, wanted);
  return VENV_PYTHON;
}
