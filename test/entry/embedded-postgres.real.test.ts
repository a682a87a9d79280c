import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { systemClock } from '../../core/clock.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../entry/start/embedded-postgres.ts';
import { exists } from '../../entry/start/postgres-binaries.ts';

/** Another process that starts the server, says where it is and then only lives. */
const OWNER = `
  const { startEmbeddedPostgres } = await import(process.argv[1]);
  const options = { dataDir: process.argv[2], settings: { fsync: 'off' } };
  const { pid, url } = await startEmbeddedPostgres(options, new AbortController().signal);
  process.stdout.write(JSON.stringify({ pid, url }));
  process.stdin.resume();
`;

let folder: string;
let dataDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-postgres-test-'));
  // As root the server has another account, which may enter this folder.
  await chmod(folder, 0o755);
  dataDir = join(folder, 'postgres');
});

afterEach(async () => {
  await untilStopped();
  // Outside the folder when the server's account may not enter it.
  const data = await realpath(join(dataDir, 'data')).catch(() => dataDir);
  await rm(data, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

describe('embedded Postgres', () => {
  it('starts PostgreSQL 18 with an empty UTF-8 database', async () => {
    await using server = await start();
    expect(await query(server.url, `select current_setting('server_version') as version`)).toEqual([
      { version: '18.4' },
    ]);
    expect(await query(server.url, 'show server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
    expect(await query(server.url, "select upper('é') as folded")).toEqual([{ folded: 'É' }]);
  });

  it('listens on the loopback address alone and wants the stored password', async () => {
    await using server = await start();
    expect(await query(server.url, 'show listen_addresses')).toEqual([
      { listen_addresses: '127.0.0.1' },
    ]);
    const wrong = server.url.replace(server.password, 'wrong');
    await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
  });

  it('applies the settings it is given', async () => {
    await using server = await start({ work_mem: '9MB' });
    expect(await query(server.url, 'show work_mem')).toEqual([{ work_mem: '9MB' }]);
  });

  it('keeps tables between starts', async () => {
    const first = await start();
    await write(first.url);
    await first.stop();
    await using second = await start();
    expect(await read(second.url)).toEqual([{ word: 'kept' }]);
  });

  it('runs in a folder that only its owner may enter', async () => {
    await chmod(folder, 0o700);
    const first = await start();
    await write(first.url);
    await first.stop();
    await using second = await start();
    expect(await read(second.url)).toEqual([{ word: 'kept' }]);
  });

  it('shares the server of a living process and leaves it running', async () => {
    const owner = await startOwner();
    const shared = await start();
    expect({ pid: shared.pid, url: shared.url }).toEqual({ pid: owner.pid, url: owner.url });
    await write(shared.url);
    await shared.stop();
    expect(await read(owner.url)).toEqual([{ word: 'kept' }]);
    await kill(owner.process);
  });

  it('gives processes that start at once the same new server', async () => {
    const [first, second, third] = await Promise.all([start(), start(), start()]);
    expect(new Set([first.pid, second.pid, third.pid]).size).toBe(1);
    await Promise.all([first.stop(), second.stop(), third.stop()]);
  });

  it('replaces the server that a killed process left behind, and keeps its tables', async () => {
    const owner = await startOwner();
    await write(owner.url);
    await kill(owner.process);
    await using server = await start();
    expect(server.pid).not.toBe(owner.pid);
    expect(await read(server.url)).toEqual([{ word: 'kept' }]);
  });

  it('shuts the server down cleanly when the process that started it is killed', async () => {
    const owner = await startOwner();
    await kill(owner.process);
    await untilStopped();
    const log = await readFile(join(dataDir, 'server.log'), 'utf8');
    expect(log).toMatch(/database system is shut down\n$/);
  });

  it('starts although a crash left a process id that another program has now', async () => {
    const first = await start();
    await first.stop();
    const lines = [process.pid, 'data', 0, first.port, '', '127.0.0.1', '', 'ready'];
    await writeFile(join(dataDir, 'data', 'postmaster.pid'), `${lines.join('\n')}\n`);
    await using second = await start();
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('says what the server said when it does not start', async () => {
    await expect(start({ shared_buffers: 'plenty' })).rejects.toThrow(
      /did not start on port \d+; it said:\n.*invalid value for parameter "shared_buffers"/,
    );
  });

  it('says so when the wanted port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const started = startEmbeddedPostgres({ dataDir, port }, new AbortController().signal);
    await expect(started.finally(() => taken.close())).rejects.toThrow('Address already in use');
  });

  it('stops waiting, and leaves no server, when the signal aborts', async () => {
    await (await start()).stop();
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const onProgress = (): void => {
      controller.abort(reason);
    };
    const started = startEmbeddedPostgres({ dataDir, onProgress }, controller.signal);
    await expect(started).rejects.toBe(reason);
    expect(await exists(join(dataDir, 'data', 'postmaster.pid'))).toBe(false);
  });
});

async function start(settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  return await startEmbeddedPostgres(
    { dataDir, settings: { fsync: 'off', ...settings } },
    new AbortController().signal,
  );
}

async function startOwner(): Promise<{ process: ChildProcess; pid: number; url: string }> {
  const source = new URL('../../entry/start/embedded-postgres.ts', import.meta.url).href;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER, source, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [answer] = (await once(owner.stdout, 'data')) as [Buffer];
  return { process: owner, ...(JSON.parse(answer.toString()) as { pid: number; url: string }) };
}

async function kill(owner: ChildProcess): Promise<void> {
  const gone = once(owner, 'exit');
  owner.kill('SIGKILL');
  await gone;
}

/** A killed owner's server needs a moment for its clean shutdown. */
async function untilStopped(): Promise<void> {
  while (await exists(join(dataDir, 'data', 'postmaster.pid'))) {
    await systemClock.sleep(20, new AbortController().signal);
  }
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function write(url: string): Promise<void> {
  await query(url, "create table words as select 'kept' as word");
}

async function read(url: string): Promise<unknown[]> {
  return await query(url, 'select word from words');
}
