import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { genericEntry } from '../../../entry/generic-main.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-pipes-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const CONTEXT = { data: { asset_keys: ['promotions'], run_id: 'd', retry_number: 0, extras: {} } };
const param = (value: unknown) => deflateSync(JSON.stringify(value)).toString('base64');

/** Starts the bundle with arguments that make no sense. */
async function started(messages: string, flags = false) {
  const [context, said] = [param(CONTEXT), { out: '', err: '' }];
  const argv = flags
    ? ['--dagster-pipes-context', context, '--dagster-pipes-messages', messages]
    : [];
  const env = flags ? {} : { DAGSTER_PIPES_CONTEXT: context, DAGSTER_PIPES_MESSAGES: messages };
  const code = await genericEntry(
    ['--module_name', 'no_such_job', ...argv],
    {
      ...{ env, cwd: folder, nodeVersion: '24.0.0' },
      readFile: (path) => readFile(path, 'utf8'),
      readObject: () => Promise.resolve(undefined),
    },
    {
      stdout: {
        write(text: string) {
          said.out += text;
        },
      },
      stderr: {
        write(text: string) {
          said.err += text;
          return true;
        },
      } as unknown as NodeJS.WritableStream,
    },
    new AbortController().signal,
  );
  return { code, ...said };
}

const methods = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly method: string }).method);

it('tells a run that cannot begin in a file that grows', async () => {
  const path = join(folder, 'messages');
  const { code } = await started(param({ path }));
  expect(code).toBe(2);
  const text = readFileSync(path, 'utf8');
  expect(methods(text)).toEqual(['opened', 'closed']);
  expect(text).toContain('JOB_UNKNOWN');
});

it('takes its parameters from arguments, and leaves a file per delivery in a folder', async () => {
  const path = join(folder, 'volume');
  mkdirSync(path);
  expect(await started(param({ path }), true)).toMatchObject({ code: 2 });
  expect(methods(readFileSync(join(path, '1.json'), 'utf8'))).toEqual(['opened', 'closed']);
});

it('writes to a stream before the result line, which stays the last', async () => {
  const { out } = await started(param({ stdio: 'stdout' }));
  const lines = out.trim().split('\n');
  expect(methods(lines.slice(0, -1).join('\n'))).toEqual(['opened', 'closed']);
  expect(lines.at(-1)).toContain('"schema":"dray.result/1"');
});

it.each([
  ['no parameters', 'no base64 of anything'],
  ['a place that nobody knows', param({ container: 'azure' })],
])('goes on without Dagster for %s, and says so', async (_, messages) => {
  const { code, err, out } = await started(messages);
  expect(err).toContain('nothing is told to Dagster: Dagster Pipes: the messages');
  expect([code, out.includes('JOB_UNKNOWN')]).toEqual([2, true]);
});
