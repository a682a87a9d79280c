import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { SqlSession } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import { contentAfter, ownersOf } from '../../../core/ledger.ts';
import { HASHED } from './contract.ts';
import { deltaRs, never, openEngine, openSink, type SinkOptions } from './harness.ts';
import { loadInto, rows, tableContents } from './merging.ts';

const ROUNDS = 8;
const ROWS = 10;

jest.setTimeout(300_000);

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

/** Days of their own, so that claims do not keep the writers apart: all are in the same week. */
function dayOf(writer: number): SinkOptions {
  const date = (n: number) => `2017-06-${String(n + 5).padStart(2, '0')}`;
  return { covers: ['24'], window: { startDate: date(writer), endDate: date(writer + 1) } };
}

it('loses no row and doubles no key when merges race each other, appends, and delta-rs', async () => {
  const path = join(folder, 'merges');
  /** What each key's row has to say in the end, by the order of commits. */
  const last = new Map<number, string>();
  let commits = 1;

  /**
   * As the next attempt would: a conflict is told, and leaves nothing. delta-rs writes checkpoints in
   * place: who reads one meanwhile is warned of it.
   */
  async function load(query: string, options: SinkOptions): Promise<void> {
    for (;;) {
      try {
        await loadInto(session, path, query, { ...options, warn: () => undefined });
        commits += 1;
        return;
      } catch (error) {
        if (!(error instanceof JobError) || error.code !== 'TARGET_CONFLICT') throw error;
      }
    }
  }

  async function append(writer: number): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const first = writer * 10_000 + round * ROWS;
      const note = `append-${String(round)}`;
      await load(named(first, note), { mode: 'append', ...dayOf(writer) });
      for (let id = first; id < first + ROWS; id++) last.set(id, note);
    }
  }

  /** Its own keys, half of them each time again, and those that the appending writer has committed. */
  async function merge(writer: number, appender: number): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const first = writer * 10_000 + (round * ROWS) / 2;
      const known = [...last.keys()].filter((id) => Math.floor(id / 10_000) === appender);
      const ids = [...Array.from({ length: ROWS }, (_, i) => first + i), ...known.slice(-15)];
      const note = `merge-${String(round)}`;
      const query = `select * exclude (i) replace (i as id, '${note}' as name)
        from (${rows(24, 1, 0, note)}), unnest([${ids.join(', ')}]::bigint[]) u(i)`;
      await load(query, dayOf(writer));
      for (const id of ids) last.set(id, note);
    }
  }

  async function foreign(): Promise<void> {
    const row = { week: 24, price: '1', seen: '2017-06-05T00:00:00Z', day: '2017-06-05' };
    for (let i = 0; i < 4; i++) {
      await deltaRs('append', path, [{ ...row, id: 90_000 + i, name: 'foreign' }]);
      commits += 1;
      last.set(90_000 + i, 'foreign');
    }
  }

  await loadInto(session, path, rows(24, 1, 0, 'x'), { mode: 'overwrite' });
  await Promise.all([append(1), append(2), merge(3, 1), merge(4, 2), foreign()]);
  await load(named(0, 'end', 1), dayOf(0));
  last.set(0, 'end');

  const read = await deltaRs('read', path);
  const found = read.rows.map((row) => [Number(row['id']), row['name']] as const);
  expect(found.sort(([a], [b]) => a - b)).toEqual([...last].sort(([a], [b]) => a - b));
  expect(read.version).toBe(commits - 1);
  await using sink = openSink(session, path, { contract: HASHED });
  const [newest] = ownersOf(await sink.loads(never)).get('24') ?? [];
  expect(newest?.mode).toBe('merge');
  expect(await tableContents(session, path)).toEqual(newest && contentAfter(newest));
});

it('looks at what another writer appended between its staging and its commit', async () => {
  const path = join(folder, 'between');
  await loadInto(session, path, named(0, 'old'), { mode: 'overwrite' });
  const row = { week: 24, price: '1', seen: '2017-06-05T00:00:00Z', day: '2017-06-05' };
  let times = 0;
  const reach = async (name: string) => {
    // Before the ledger's entry of the first try, and again right before its commit.
    if (name !== 'delta:commit:before' || ++times > 2) return;
    await deltaRs('append', path, [
      { ...row, id: 5, name: 'foreign' },
      { ...row, id: 100 + times, name: 'foreign' },
    ]);
  };
  const { entry, counted } = await loadInto(session, path, named(5, 'new'), { reach });
  expect([entry.merged?.replaced, counted, times]).toEqual([5 + 2, 10, 3]);
  const found = (await deltaRs('read', path)).rows.map(({ id }) => Number(id));
  expect(found.sort((a, b) => a - b)).toEqual([...Array(15).keys(), 101, 102]);
  expect(await tableContents(session, path)).toEqual(entry.merged?.after);
});

function named(first: number, note: string, count = ROWS): string {
  return `select * replace ('${note}' as name) from (${rows(24, count, first, note)})`;
}
