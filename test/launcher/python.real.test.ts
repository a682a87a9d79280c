import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, JobError } from '../../core/errors.ts';
import { detectPlatform } from '../../platforms/detect.ts';
import { resultLine } from '../../jobs/result-line.ts';
import { LAUNCHER, PYTHON, withoutPython } from './launch.ts';

const env = { ...process.env, PYTHONPATH: LAUNCHER, PYTHONDONTWRITEBYTECODE: '1' };

/** What a Python expression is, through JSON. */
function python(setup: string, expression: string): unknown {
  const script = `import json\n${setup}\nprint(json.dumps(${expression}))`;
  return JSON.parse(execFileSync(PYTHON, ['-c', script], { env, encoding: 'utf8' }));
}

(withoutPython === '' ? describe : describe.skip)(`the launcher's Python${withoutPython}`, () => {
  it('passes its own tests', () => {
    const folder = join(import.meta.dirname, 'python');
    const args = ['-W', 'error', '-m', 'unittest', 'discover', '-s', folder, '-p', '*_test.py'];
    const { status, stderr } = spawnSync(PYTHON, args, { env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/\nOK\n$/) });
  });

  it('knows the platforms by the same variables as Node', () => {
    const variables = python(
      'from dray_launcher.platform_evidence import VARIABLES',
      'list(VARIABLES.items())',
    ) as readonly [string, string][];
    const source = readFileSync(join(LAUNCHER, '../../platforms/detect.ts'), 'utf8');
    const rows = [...source.matchAll(/^ {2}\['(\w+)', '(\w+)'\],$/gm)];
    expect(variables).toEqual(
      rows.map(([, name, platform = '']) => [name, platform.toUpperCase()]),
    );
    for (const [name, platform] of variables) {
      expect(detectPlatform({ [name]: 'x' }).platform).toBe(platform.toLowerCase());
    }
  });

  it('ends with the exit codes that docs/errors.md has', () => {
    const codes = python(
      'from dray_launcher.launch_error import EXIT_CODES',
      'EXIT_CODES',
    ) as Readonly<Record<string, number>>;
    const ours = Object.fromEntries(
      Object.entries(ERROR_CODES).map(([code, { exitCode }]) => [code, exitCode]),
    );
    expect(ours).toMatchObject(codes);
  });

  it('prints the same result line as Node for a run that never began', () => {
    const line = python(
      'from dray_launcher.launch_error import LaunchError, result_line',
      "result_line(LaunchError('NODE_MISSING', 'm', 'h'), ['--run_id', 'r'], {'GLUE_VERSION': '5'})",
    );
    const run = {
      runId: 'r',
      attempt: 1,
      job: '',
      createdBy: '',
      startedAt: new Date(0),
      force: false,
      dryRun: false,
    };
    const error = new JobError('NODE_MISSING', 'm', { hint: 'h' });
    const platform = detectPlatform({ GLUE_VERSION: '5' });
    const ours = resultLine(run, platform, { error, rules: [] }, undefined, (text) => text);
    expect(line).toEqual(ours);
    expect(Object.keys(line as object)).toEqual(Object.keys(ours));
  });
});
