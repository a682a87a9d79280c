import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../state/sqlite/store.ts';
import { newAttempt } from '../conformance/run-store/attempt.ts';
import { describeRunStore } from '../conformance/run-store/suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'dray-sqlite-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const conformance = join(folder, 'conformance.db');
describeRunStore('SQLite', {
  open: async () => await openSqliteStore(conformance),
  remove() {
    for (const name of readdirSync(folder)) {
      if (name.startsWith('conformance.db')) rmSync(join(folder, name));
    }
    return Promise.resolve();
  },
});

it('creates the folders above its file and finds its runs again', async () => {
  const path = join(folder, 'a', 'b', 'runs.db');
  {
    await using store = await openSqliteStore(path);
    await store.startAttempt(newAttempt('kept'));
  }
  await using store = await openSqliteStore(path);
  expect(await store.getRun('kept')).toMatchObject({ state: 'RUNNING' });
});

it('changes neither state nor events when a part of the transaction fails', async () => {
  const path = join(folder, 'atomic.db');
  await using store = await openSqliteStore(path);
  await store.startAttempt(newAttempt('whole'));
  const other = new DatabaseSync(path);
  other.exec(`create trigger no_events before insert on events
    begin select raise(abort, 'no events today'); end`);
  other.close();
  await expect(store.startAttempt(newAttempt('whole', { attempt: 2 }))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('no events today'),
  });
  expect(await store.getRun('whole')).toMatchObject({ state: 'RUNNING', attempt: 1 });
  expect(await store.listEvents('whole')).toHaveLength(1);
});

it('says what to do when the file is not a run store', async () => {
  const path = join(folder, 'text.db');
  writeFileSync(path, 'not a database, but longer than a header of one would be'.repeat(100));
  await expect(openSqliteStore(path)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining(`"${path}"`),
    hint: expect.stringContaining('--store'),
  });
});

it.each([
  ['a folder', folder],
  ['below a file', join(folder, 'plain', 'runs.db')],
])('says what to do when the path is %s', async (_, path) => {
  writeFileSync(join(folder, 'plain'), '');
  await expect(openSqliteStore(path)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    hint: expect.stringContaining('--store'),
  });
});

it('refuses a file that a newer version made', async () => {
  const path = join(folder, 'newer.db');
  await (await openSqliteStore(path))[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.exec('pragma user_version = 99');
  database.close();
  await expect(openSqliteStore(path)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    hint: expect.stringContaining('newer version'),
  });
});
