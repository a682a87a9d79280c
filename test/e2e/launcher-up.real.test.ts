import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSparkServer } from '../../entry/spark-server.ts';
import { childrenOf, PYTHON, withoutPython } from '../launcher/launch.ts';
import { askVersion } from '../launcher/spark-version.ts';
import { preparedSpark, SMALL_SPARK, sparkVersions, withoutSpark } from '../spark/server.ts';

const DRAY = join(import.meta.dirname, '../../entry/dray.ts');
const NEWEST = sparkVersions[0] ?? '';
const forever = new AbortController().signal;
const describePython = withoutPython === '' ? describe : describe.skip;
const describeSpark = withoutSpark === '' ? describe : describe.skip;

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'dray-up-'));
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

function sparkUp(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [DRAY, 'spark', 'up', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      DRAY_HOME: home,
      PYSPARK_SUBMIT_ARGS: '--driver-memory 2g pyspark-shell',
      ...env,
    },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const line = once(createInterface({ input: child.stdout }), 'line');
  const closed = once(child, 'close');
  return {
    child,
    line: line.then(([text]) => String(text)),
    ended: closed.then(() => ({ code: child.exitCode, signal: child.signalCode, stderr })),
  };
}

/** A connection that lasts as long as Spark does. */
async function hangOn(line: string): Promise<{ readonly socket: Socket; readonly token: string }> {
  const [, port = '', token = ''] =
    /^export SPARK_REMOTE='sc:\/\/127\.0\.0\.1:(\d+)\/;token=([\w-]+)'$/.exec(line) ?? [];
  expect(await askVersion('127.0.0.1', Number(port), `Bearer ${token}`, NEWEST)).toMatchObject({
    says: true,
  });
  const socket = connect(Number(port), '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  await once(socket, 'connect');
  return { socket, token };
}

describeSpark(`dray spark up${withoutSpark}`, () => {
  const env = () => ({ DRAY_SPARK_JARS: preparedSpark(NEWEST).jars });
  const args = () => ['--python', preparedSpark(NEWEST).python];

  it('prints the address when Spark is ready, and stops it on Ctrl-C', async () => {
    const up = sparkUp(args(), env());
    const { socket } = await hangOn(await up.line);
    up.child.kill('SIGINT');
    await once(socket, 'close');
    const { code, stderr } = await up.ended;
    expect({ code, lines: stderr.split('\n') }).toEqual({
      code: 0,
      lines: [
        'starting Spark',
        `Spark ${NEWEST} is ready; Ctrl-C stops it. In another terminal:`,
        'stopping Spark',
        '',
      ],
    });
  });

  it('leaves no Spark behind when it is killed', async () => {
    const up = sparkUp(args(), env());
    const { socket } = await hangOn(await up.line);
    up.child.kill('SIGKILL');
    await once(socket, 'close');
    expect(await up.ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('ends when Spark does', async () => {
    const up = sparkUp(args(), env());
    await up.line;
    const [python] = childrenOf(up.child.pid ?? 0);
    const [java] = childrenOf(python?.pid ?? 0);
    process.kill(java?.pid ?? 0, 'SIGKILL');
    expect(await up.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Spark has ended by itself'),
    });
  });

  it('says that the port is taken', async () => {
    await using first = await startSparkServer(
      { ...preparedSpark(NEWEST), conf: SMALL_SPARK, env: process.env },
      forever,
    );
    const port = new URL(first.remote.replace('sc:', 'http:')).port;
    const up = sparkUp([...args(), '--port', port], env());
    up.line.catch(() => undefined);
    expect(await up.ended).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/SPARK_NOT_STARTED +Spark .+ did not start: .+/),
    });
  });
});

describePython(`dray spark up without what it needs${withoutPython}`, () => {
  it.each([
    [[], 'Spark is not prepared in', 'node scripts/spark.mjs prepares it'],
    [['--spark-version', '9.9.9'], 'Spark "9.9.9" is not prepared', 'node scripts/spark.mjs'],
    [['--python', '/no/python'], 'there is no Python "/no/python"', 'that has pyspark'],
    [['--python', PYTHON], 'there is no pyspark in', 'pip install pyspark'],
  ])('refuses %j: %s', async (args, message, hint) => {
    const up = sparkUp(args);
    up.line.catch(() => undefined);
    const { code, stderr } = await up.ended;
    expect(code).toBe(2);
    expect(stderr).toContain(`SPARK_MISSING  ${message}`);
    expect(stderr).toContain(hint);
  });

  it('starts nothing for a signal that is aborted already', async () => {
    const started = startSparkServer({ python: PYTHON, env: {} }, AbortSignal.abort('enough'));
    await expect(started).rejects.toBe('enough');
  });
});
