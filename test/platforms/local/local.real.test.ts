import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { RemoteStatus } from '../../../core/submitter.ts';
import { cancelRemote } from '../../../platforms/cancel.ts';
import { follow } from '../../../platforms/follow.ts';
import { beganAt } from '../../../platforms/local/process.ts';
import { localSubmitter } from '../../../platforms/local/submitter.ts';
import { openSqliteStore } from '../../../state/sqlite/store.ts';
import { testClock } from '../../twins/clock.ts';
import { Died, dieAt, POINTS, submits } from '../process.ts';

const TIMES = Number(process.env['DRAY_TEST_CRASHES'] ?? 20);
/** A soak of hundreds takes its time. */
const TIMEOUT_MS = Math.max(300_000, TIMES * 15_000);
const folder = mkdtempSync(join(tmpdir(), 'dray-local-'));
const storePath = join(folder, 'runs.db');
const started = join(folder, 'started');
const forever = new AbortController().signal;
writeFileSync(started, '');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A job that says that it was started, and does what the script says. */
function lifeOf(script: string) {
  const command = ['/bin/sh', '-c', `echo "$*" >> "${started}"; ${script}`, 'job'];
  const open = () => localSubmitter(command, folder, { PATH: process.env['PATH'] });
  return { storePath, open, clock: testClock(), failpoints: noFailpoints };
}

function startsOf(runId: string): number {
  const lines = readFileSync(started, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith(`--run_id ${runId}`)).length;
}

async function endOf(
  remoteId: string,
  script = '',
): Promise<{ status: RemoteStatus; lines: string[] }> {
  using submitter = lifeOf(script).open();
  const services = { submitter, clock: systemClock, random: () => 0.5 };
  const lines: string[] = [];
  const events = follow(remoteId, services, forever);
  for (;;) {
    const next = await events.next();
    if (next.done === true) return { status: next.value, lines };
    if (next.value.kind === 'log') lines.push(next.value.line);
  }
}

describe('submitting to this machine', () => {
  it.each(POINTS)(
    `starts one process for one intent after a death %s, ${String(TIMES)} times`,
    async (_, place, time) => {
      for (let index = 0; index < TIMES; index++) {
        const runId = `${place}-${String(time)}-${String(index)}`;
        const life = lifeOf('');
        const dying = submits({ ...life, failpoints: dieAt(place, time) }, runId);
        await expect(dying).rejects.toBeInstanceOf(Died);
        const record = await submits(life, runId);
        expect((await submits(life, runId)).remoteId).toBe(record.remoteId);
        const rerun = await submits(life, `${runId}.rerun-1`);
        const ends = await Promise.all(
          [record, rerun].map(async ({ remoteId = '' }) => (await endOf(remoteId)).status),
        );
        expect(ends.map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
        expect([startsOf(runId), startsOf(`${runId}.rerun-1`)]).toEqual([1, 1]);
      }
    },
    TIMEOUT_MS,
  );

  it('starts one process for two calls at the same time', async () => {
    using submitter = lifeOf('').open();
    const token = 'b'.repeat(64);
    const args = [['run_id', 'both']] as const;
    const submission = { runId: 'both', attempt: 1, job: 'load_promos', token, args };
    await submitter.prepare(submission, forever);
    const calls = Array.from(
      { length: 10 },
      async () => await submitter.start(submission, forever),
    );
    await Promise.all(calls);
    expect((await endOf(token)).status.state).toBe('SUCCEEDED');
    expect(startsOf('both')).toBe(1);
  });

  it.each([
    ['exit 0', { state: 'SUCCEEDED', platformState: 'exited 0' }],
    ['exit 4', { state: 'FAILED', platformState: 'exited 4' }],
    ['exit 143', { state: 'CANCELLED', platformState: 'exited 143' }],
    ['kill -9 $PPID; sleep 0.1', { state: 'FAILED', platformFault: true, platformState: 'gone' }],
  ])('tells how a process has ended: %s', async (script, status) => {
    const life = lifeOf(`echo to people >&2; ${script}`);
    const { remoteId = '' } = await submits(life, script.replaceAll(/\W/g, '-'));
    const end = await endOf(remoteId);
    expect(end.status).toMatchObject(status);
    expect(end.lines).toEqual(['to people']);
  });

  it('has the result line of the process', async () => {
    const line = '{"schema":"dray.result/1","run_id":"r"}';
    const life = lifeOf(`echo before; echo '${line}'`);
    const { remoteId = '' } = await submits(life, 'result');
    await endOf(remoteId);
    using submitter = life.open();
    expect(await submitter.resultLine?.(remoteId, forever)).toBe(line);
  });

  it('stops the process with all that it has started, and waits for its end', async () => {
    const life = lifeOf('trap "kill $!; exit 143" TERM; sleep 600 & wait');
    const record = await submits(life, 'stopped');
    const { remoteId = '' } = record;
    await using store = await openSqliteStore(storePath);
    using submitter = life.open();
    const services = {
      ...{ store, submitter, clock: systemClock, random: () => 0.5, note: () => undefined },
    };
    const status = await cancelRemote({ ...record, remoteId }, 60_000, services, forever);
    expect(status).toMatchObject({ state: 'CANCELLED', platformState: 'exited 143' });
    // What has ended needs no stop.
    await submitter.requestCancel(remoteId, forever);
  });

  it('needs no program of a PATH that holds none', async () => {
    const command = [process.execPath, '-e', 'setInterval(() => undefined, 1e6)', 'job'];
    const open = () => localSubmitter(command, folder, { PATH: '' });
    const record = await submits({ ...lifeOf(''), open }, 'bare');
    const { remoteId = '' } = record;
    await using store = await openSqliteStore(storePath);
    using submitter = open();
    expect(await submitter.status(remoteId, forever)).toMatchObject({ state: 'RUNNING' });
    const services = {
      ...{ store, submitter, clock: systemClock, random: () => 0.5, note: () => undefined },
    };
    const status = await cancelRemote({ ...record, remoteId }, 60_000, services, forever);
    expect(status).toMatchObject({ state: 'CANCELLED', platformState: 'exited 143' });
  });

  it('knows when a process began whose name looks like fields', async () => {
    const program = join(folder, 'a) S 1 2');
    copyFileSync('/bin/sleep', program);
    const { pid = 0 } = spawn(program, ['600']);
    const [named, mine] = await Promise.all([beganAt(pid), beganAt(process.pid)]);
    process.kill(pid);
    expect(Number(named)).toBeGreaterThan(Number(mine));
  });

  it('does not believe an exit code that was not written to its end', async () => {
    const { remoteId = '' } = await submits(lifeOf(''), 'full-disk');
    await endOf(remoteId);
    writeFileSync(join(folder, remoteId, 'exit'), '');
    using submitter = lifeOf('').open();
    expect(await submitter.status(remoteId, forever)).toMatchObject({ platformState: 'gone' });
  });

  it('does not take another process of the same number for it', async () => {
    const life = lifeOf('sleep 600');
    const { remoteId = '' } = await submits(life, 'reused');
    const path = join(folder, remoteId, 'pid');
    const [pid = ''] = readFileSync(path, 'utf8').split(' ');
    writeFileSync(path, `${pid} 12345\n`);
    using submitter = life.open();
    await submitter.requestCancel(remoteId, forever);
    expect(await submitter.status(remoteId, forever)).toMatchObject({ platformState: 'gone' });
    expect(() => process.kill(-Number(pid), 'SIGKILL')).not.toThrow();
  });

  it('says that a run is lost when its folder is gone', async () => {
    const life = lifeOf('');
    const { remoteId = '' } = await submits(life, 'removed');
    await endOf(remoteId);
    rmSync(join(folder, remoteId), { recursive: true });
    using submitter = life.open();
    await expect(submitter.status(remoteId, forever)).rejects.toMatchObject({
      code: 'REMOTE_LOST',
    });
  });
});
