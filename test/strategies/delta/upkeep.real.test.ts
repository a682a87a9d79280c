import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import type { Compaction, Upkeep, Vacuumed } from '../../../core/upkeep.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { configure, dataFiles, logFileOf } from './files.ts';
import {
  deltaRs,
  load,
  never,
  openEngine,
  openSink,
  rowsOfWeek,
  type SinkOptions,
} from './harness.ts';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;
const LARGE = 128_000_000;
let session: SqlSession;
let folder: string;

beforeAll(async () => {
  session = await openEngine();
  folder = await mkdtemp(join(tmpdir(), 'dray-upkeep-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function keepUp<T>(
  path: string,
  work: (upkeep: Upkeep) => Promise<T>,
  options: SinkOptions = {},
): Promise<T> {
  await using sink = openSink(session, path, options);
  if (sink.upkeep === undefined) throw new Error('the sink has no upkeep');
  return await work(sink.upkeep);
}

function optimize(path: string, targetBytes = LARGE, options: SinkOptions = {}) {
  return keepUp(
    path,
    (upkeep): Promise<Compaction> =>
      upkeep.optimize({ targetBytes, onFiles: () => undefined }, never),
    options,
  );
}

/** @param laterMs - how much later it is for whoever vacuums. */
function vacuum(
  path: string,
  laterMs: number,
  options: Partial<Parameters<Upkeep['vacuum']>[0]> = {},
) {
  const clock: Clock = {
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + laterMs),
  };
  return keepUp(
    path,
    (upkeep): Promise<Vacuumed> =>
      upkeep.vacuum({ force: false, dryRun: false, ...options }, never),
    { storage: openFileStorage(path, clock), clock },
  );
}

/** Five appends to week 24 and one load of week 25. */
async function smallFiles(name: string): Promise<string> {
  const path = join(folder, name);
  for (let i = 0; i < 5; i++) {
    await load(session, path, rowsOfWeek(24, 100, i * 100), { mode: 'append' });
  }
  await load(session, path, rowsOfWeek(25, 10, 1_000), { covers: ['25'] });
  return path;
}

async function sorted(path: string) {
  const { rows } = await deltaRs('read', path);
  return [...rows].sort((a, b) => Number(a['id']) - Number(b['id']));
}

describe('optimize', () => {
  it('puts the small files of a week together and changes no value', async () => {
    const path = await smallFiles('optimize');
    const before = await sorted(path);
    const done = await optimize(path);
    expect(done).toMatchObject({ filesBefore: 6, filesAfter: 2, written: 1, version: 6 });
    expect(await sorted(path)).toEqual(before);
    expect((await deltaRs('read', path)).records).toBe(510);
    const log = (await readFile(logFileOf(path, 6), 'utf8')).split('\n');
    expect(log.filter((line) => line.includes('"dataChange":false'))).toHaveLength(6);
    expect(await optimize(path)).toMatchObject({ filesAfter: 2, written: 0 });
  });

  it('leaves files that reach the size, and fills files up to it', async () => {
    const path = await smallFiles('sizes');
    const files = await dataFiles(path);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(path, file))).size));
    const size = Math.max(...sizes);
    expect(await optimize(path, Math.round(size * 2.5))).toMatchObject({
      filesAfter: 4,
      written: 2,
    });
    expect(await optimize(path, 1)).toMatchObject({ filesAfter: 4, written: 0 });
  });

  it('keeps columns that came later and rows of files without the partition column', async () => {
    const path = await smallFiles('others');
    const first = await readFile(logFileOf(path, 0), 'utf8');
    const line = first.split('\n').find((each) => each.startsWith('{"metaData"')) ?? '';
    const { metaData } = JSON.parse(line) as { metaData: { schemaString: string } };
    const schema = JSON.parse(metaData.schemaString) as { fields: object[] };
    schema.fields.push({ name: 'later', type: 'string', nullable: true, metadata: {} });
    const changed = { ...metaData, schemaString: JSON.stringify(schema) };
    await writeFile(logFileOf(path, 6), `${JSON.stringify({ metaData: changed })}\n`);
    const seen = '2017-06-05T00:00:00Z';
    const row = { week: 24, price: '1.5', seen, day: '2017-06-05', later: 'here' };
    await deltaRs('append', path, [{ ...row, id: 7_777 }]);
    const before = await sorted(path);
    expect(before.at(-1)).toMatchObject({ id: 7_777, week: 24, later: 'here' });
    expect(await optimize(path)).toMatchObject({ filesAfter: 2, written: 1 });
    expect(await sorted(path)).toEqual(before);
  });

  it('does not bring back what a load replaced meanwhile', async () => {
    const path = await smallFiles('meanwhile');
    let loaded = false;
    const done = await optimize(path, LARGE, {
      async reach(name) {
        if (name !== 'delta:upload:after' || loaded) return;
        loaded = true;
        await load(session, path, rowsOfWeek(24, 3), { covers: ['24'] });
      },
    });
    expect(done).toMatchObject({ written: 0 });
    expect(await sorted(path)).toHaveLength(13);
    expect(await dataFiles(path)).toHaveLength(7);
  });

  it('commits above the versions of others', async () => {
    const path = await smallFiles('above');
    let loaded = false;
    const done = await optimize(path, LARGE, {
      async reach(name) {
        if (name !== 'delta:commit:before' || loaded) return;
        loaded = true;
        await load(session, path, rowsOfWeek(24, 3, 5_000), { mode: 'append' });
      },
    });
    expect(done).toMatchObject({ written: 1, version: 7 });
    expect(await sorted(path)).toHaveLength(513);
  });

  it('refuses a table with files that it cannot write again', async () => {
    const path = await smallFiles('refused');
    await configure(path, { 'delta.enableChangeDataFeed': 'true' });
    await expect(optimize(path)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    await expect(optimize(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'TARGET_FAILED',
    });
  });
});

describe('vacuum', () => {
  it('deletes what left the table before the retention, and nothing else', async () => {
    const path = await smallFiles('vacuum');
    await optimize(path);
    await writeFile(join(path, 'week=24', 'never-committed.parquet'), 'x');
    expect(await vacuum(path, 6 * DAY_MS)).toMatchObject({ files: 0 });
    const counted = await vacuum(path, 8 * DAY_MS, { dryRun: true });
    expect(counted).toMatchObject({ files: 6, retentionMs: 7 * DAY_MS });
    expect(await dataFiles(path)).toHaveLength(8);
    expect(await vacuum(path, 8 * DAY_MS)).toEqual(counted);
    expect(await dataFiles(path)).toHaveLength(2);
    expect(await sorted(path)).toHaveLength(510);
  });

  it('goes by the retention of the table, and below it only by force', async () => {
    const path = await smallFiles('retention');
    await configure(path, { 'delta.deletedFileRetentionDuration': 'interval 30 days' });
    await load(session, path, rowsOfWeek(24, 3), { covers: ['24'] });
    expect(await vacuum(path, 29 * DAY_MS)).toMatchObject({ files: 0 });
    const short = { retentionMs: DAY_MS };
    await expect(vacuum(path, 29 * DAY_MS, short)).rejects.toMatchObject({
      code: 'ARGUMENTS_INVALID',
      message: "a retention of 24 h is below the table's own, 720 h",
    });
    expect(await vacuum(path, 29 * DAY_MS, { ...short, force: true })).toMatchObject({ files: 5 });
    expect(await sorted(path)).toHaveLength(13);
  });

  it('removes versions that are older than a checkpoint of before the log retention', async () => {
    const path = join(folder, 'log');
    for (let i = 0; i < 23; i++) {
      await load(session, path, rowsOfWeek(24, 1, i), { mode: 'append' });
    }
    const log = join(path, '_delta_log');
    const old = new Date(systemClock.now().getTime() - 40 * DAY_MS);
    for (const name of await readdir(log)) {
      if (Number(name.slice(0, 20)) <= 15) await utimes(join(log, name), old, old);
    }
    expect(await vacuum(path, 0)).toMatchObject({ files: 0, logFiles: 10 });
    const names = (await readdir(log)).sort();
    expect(names.find((name) => name.endsWith('.json'))).toBe('00000000000000000010.json');
    expect(await sorted(path)).toHaveLength(23);
    expect(await vacuum(path, 0)).toMatchObject({ logFiles: 0 });
  });
});
