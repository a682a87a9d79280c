import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import { deltaRs, load, never, openEngine, openSink, rowsOfWeek } from './harness.ts';

const WRITERS = 8;
const COMMITS = 10;

jest.setTimeout(120_000);

let session: SqlSession;
let folder: string;

beforeAll(async () => {
  session = await openEngine();
  folder = await mkdtemp(join(tmpdir(), 'dray-delta-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function dayOf(writer: number): { readonly startDate: string; readonly endDate: string } {
  const date = (n: number) => `2017-06-${String(n + 1).padStart(2, '0')}`;
  return { startDate: date(writer), endDate: date(writer + 1) };
}

async function expectContiguous(path: string, commits: number): Promise<void> {
  const names = await readdir(join(path, '_delta_log'));
  const found = names
    .filter((name) => /^\d{20}\.json$/.test(name))
    .map((name) => Number(name.slice(0, 20)));
  expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: commits }, (_, i) => i));
}

it('loses nothing when eight writers append at once, and delta-rs beside them', async () => {
  const path = join(folder, 'append');
  const append = async (writer: number) => {
    for (let commit = 0; commit < COMMITS; commit++) {
      const first = (writer * COMMITS + commit) * 10;
      await load(session, path, rowsOfWeek(20 + (commit % 3), 10, first), {
        mode: 'append',
        window: dayOf(writer),
        loadId: `${String(writer)}-${String(commit)}`,
      });
    }
  };
  await load(session, path, rowsOfWeek(24, 1, 9_000), { mode: 'append', loadId: 'first' });
  const row = { week: 24, price: '1', seen: '2017-06-05T00:00:00Z', day: '2017-06-05' };
  const other = async () => {
    for (let i = 1; i <= 3; i++) await deltaRs('append', path, [{ ...row, id: 9_000 + i }]);
  };
  await Promise.all([other(), ...Array.from({ length: WRITERS }, (_, writer) => append(writer))]);

  await expectContiguous(path, WRITERS * COMMITS + 4);
  const ids = (await deltaRs('read', path)).rows.map((each) => Number(each['id']));
  const expected = Array.from({ length: WRITERS * COMMITS * 10 }, (_, i) => i);
  expect(ids.sort((a, b) => a - b)).toEqual([...expected, 9_000, 9_001, 9_002, 9_003]);
  await using sink = openSink(session, path);
  const loads = await sink.loads(never);
  expect(new Set(loads.map((entry) => entry.loadId)).size).toBe(WRITERS * COMMITS + 1);
});

it('keeps exactly the last rows of each week when four writers replace their own weeks', async () => {
  const path = join(folder, 'replace');
  const replace = async (writer: number) => {
    const week = 20 + writer;
    for (let commit = 1; commit <= 5; commit++) {
      const options = { window: dayOf(writer), covers: [String(week)] };
      await load(session, path, rowsOfWeek(week, commit), options);
    }
  };
  await Promise.all([0, 1, 2, 3].map(replace));
  await expectContiguous(path, 20);
  await using sink = openSink(session, path);
  const counted = Object.fromEntries(await sink.count(never));
  expect(counted).toEqual({ 20: 5, 21: 5, 22: 5, 23: 5 });
  expect((await deltaRs('read', path)).rows).toHaveLength(20);
});
