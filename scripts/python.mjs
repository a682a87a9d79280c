// Virtual environments with Python packages, each made once: .dray/venv has those that judge our files.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

/** Below the checkout: where an environment is and what it holds. */
const JUDGES = { folder: '.dray/venv', requirements: 'test/python/requirements.txt' };
const TOOLS = { folder: '.dray/tools-venv', requirements: 'test/python/tools-requirements.txt' };

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

function run(venv, command, args, what) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    // Of uv: only this environment, no configuration of the machine's.
    env: { ...process.env, UV_NO_CONFIG: '1', VIRTUAL_ENV: venv },
  });
  if (status === 0) return;
  rmSync(venv, { recursive: true, force: true });
  throw new Error(`${what} failed:\n${stdout ?? ''}${stderr ?? ''}`.trimEnd());
}

/**
 * Makes an environment unless it already holds these requirements; returns its interpreter. uv installs
 * them, in seconds where pip takes minutes; pip installs uv.
 *
 * @param whole whether the list is a whole resolution, so that nothing is looked up beside it.
 */
export function prepareVenv(pythonVersion, { folder, requirements, whole = false } = JUDGES) {
  const venv = join(ROOT, folder);
  const stamp = join(venv, 'requirements.sha256');
  const list = join(ROOT, requirements);
  const bin = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
  const python = join(bin, 'python');
  const wanted = createHash('sha256')
    .update(pythonVersion)
    .update(readFileSync(list))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  const tools = folder === TOOLS.folder ? undefined : prepareTools(pythonVersion);
  process.stdout.write(`preparing ${folder} from ${requirements} (once)\n`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  run(venv, 'python3', ['-m', 'venv', venv], 'python3 -m venv (Debian: apt install python3-venv)');
  if (tools === undefined) {
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    run(venv, python, ['-m', 'pip', 'install', ...quiet, '-r', list], 'pip install');
  } else {
    const install = ['pip', 'install', '--quiet', ...(whole ? ['--no-deps'] : [])];
    run(venv, join(tools, 'uv'), [...install, '--python', python, '-r', list], 'uv pip install');
  }
  writeFileSync(stamp, wanted);
  return python;
}

/** Programs of the environment with uv and ruff: their folder. */
export function prepareTools(pythonVersion) {
  return dirname(prepareVenv(pythonVersion, TOOLS));
}
