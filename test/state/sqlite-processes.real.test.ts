import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../state/sqlite/store.ts';

const WRITER = fileURLToPath(new URL('./sqlite-writer.ts', import.meta.url));
const NAMES = ['a', 'b', 'c', 'd'];
const RUNS = 15;
const EVENTS = 10;

const folder = mkdtempSync(join(tmpdir(), 'dray-sqlite-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('loses nothing when four processes create the store and write to it at once', async () => {
  const path = join(folder, 'new', 'runs.db');
  const outputs = await Promise.all(
    NAMES.map(async (name) => {
      const args = [WRITER, path, name, String(RUNS), String(EVENTS)];
      return await promisify(execFile)(process.execPath, args);
    }),
  );
  expect(outputs.map(({ stderr }) => stderr)).toEqual(NAMES.map(() => ''));

  await using store = await openSqliteStore(path);
  const runs = await store.listRuns({ limit: 1000, state: 'COMPLETED' });
  expect(runs).toHaveLength(NAMES.length * RUNS);
  for (const { runId } of runs) {
    const types = (await store.listEvents(runId)).map((event) => event.type);
    const progress = Array.from({ length: EVENTS }, () => 'progress');
    expect(types).toEqual(['run.started', ...progress, 'run.completed']);
  }

  const shared = await store.listEvents('shared');
  const starts = shared.filter((event) => event.type !== 'progress').map((event) => event.type);
  expect(starts.filter((type) => type === 'run.started')).toHaveLength(1);
  expect(starts).toHaveLength(NAMES.length * RUNS);
  const seen = new Set(shared.map(({ data }) => JSON.stringify(data)));
  for (const name of NAMES) {
    for (let run = 0; run < RUNS; run++) {
      for (let event = 0; event < EVENTS; event++) {
        expect(seen).toContain(JSON.stringify({ name, run, event }));
      }
    }
  }
});
