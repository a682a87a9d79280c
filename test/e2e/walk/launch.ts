import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Failpoints } from '../../../core/failpoint.ts';
import type { Surroundings } from '../../../entry/context.ts';
import { dray } from '../../../entry/dray-main.ts';
import { genericEntry } from '../../../entry/generic-main.ts';

/** What an entry is started with. */
export interface Launch {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Landing {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Renewals and heartbeats would come in between wherever a slow machine lets them: no process lives
 * long enough here to need any.
 */
const RENEWAL_MS = 5_000;
const patientClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms >= RENEWAL_MS ? 1e9 : ms, signal),
};

type Main = typeof genericEntry;

async function call(main: Main, { args, env, cwd }: Launch, failpoints?: Failpoints) {
  const surroundings: Surroundings = {
    env,
    cwd,
    clock: patientClock,
    nodeVersion: process.versions.node,
    readFile: (path) => readFile(path, 'utf8'),
    readObject: () => Promise.reject(new Error('configs are given as files here')),
    ...(failpoints === undefined ? {} : { failpoints }),
  };
  let stdout = '';
  let stderr = '';
  const screen = new PassThrough();
  screen.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const output = { stdout: { write: (text: string) => (stdout += text) }, stderr: screen };
  const exitCode = await main(args, surroundings, output, new AbortController().signal);
  return { exitCode, stdout, stderr };
}

/** Runs the generic entry in this process. */
export async function launch(task: Launch, failpoints?: Failpoints): Promise<Landing> {
  return await call(genericEntry, task, failpoints);
}

/** Runs the CLI for people in this process. */
export async function inspect(task: Launch): Promise<Landing> {
  return await call(dray, task);
}
