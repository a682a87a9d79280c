import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { quote } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';

const forever = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-bulk-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function open() {
  return await openBulkEngine({ tempDir: folder }, systemClock, forever);
}

describe('the bulk engine', () => {
  it('hands out int64, decimals and microseconds without losing a digit', async () => {
    await using session = await open();
    const [row] = await session.rows(
      `select 9223372036854775807 as big, 12345678901234567890.123456789::decimal(38,9) as dec,
        timestamptz '2017-06-05 01:02:03.456789+02' as instant, null as nothing`,
      forever,
    );
    expect(row).toEqual({
      big: 9223372036854775807n,
      dec: '12345678901234567890.123456789',
      instant: '2017-06-04 23:02:03.456789+00',
      nothing: null,
    });
  });

  it('runs statements at the same time, each on its own connection', async () => {
    await using session = await open();
    await session.run('create table t as select range as n from range(1000000)', forever);
    const sums = await Promise.all(
      [1, 2, 3, 4].map((k) =>
        session.rows(`select sum(n * ${String(k)})::bigint as s from t`, forever),
      ),
    );
    expect(sums.map(([row]) => row?.['s'])).toEqual([1n, 2n, 3n, 4n].map((k) => k * 499999500000n));
  });

  it('interrupts a statement when the signal aborts, and stays usable', async () => {
    await using session = await open();
    const controller = new AbortController();
    const endless = session.run(
      'select count(*) from range(100000000000) a where a.range % 7 = 3',
      controller.signal,
    );
    const stop = systemClock.sleep(50, forever).then(() => {
      controller.abort(new JobError('INTERRUPTED', 'stop'));
    });
    await expect(endless).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await stop;
    await expect(session.rows('select 1 as one', forever)).resolves.toEqual([{ one: 1 }]);
  });

  it('refuses to change its settings once it is open', async () => {
    await using session = await open();
    await expect(session.run(`set threads = 1`, forever)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
    });
  });

  it('names a truncated file as unreadable', async () => {
    await using session = await open();
    const path = join(folder, 'broken.parquet');
    await writeFile(path, 'PAR1 and then nothing more');
    await expect(
      session.rows(`select * from read_parquet(${quote(path)})`, forever),
    ).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });

  it('writes one file per partition, with its statistics as exact text', async () => {
    await using session = await open();
    const files = await session.writePartitions(
      `select (i % 3)::integer as week, i * 9007199254740993 as big, i::decimal(5,2) as d from range(900) t(i)`,
      'week',
      join(folder, 'out'),
      forever,
    );
    expect(files.map((file) => [file.partition, file.rows]).sort()).toEqual([
      ['0', 300],
      ['1', 300],
      ['2', 300],
    ]);
    const last = files.find((file) => file.partition === '2');
    expect(last?.columns).toMatchObject({
      week: { min: '2', max: '2', nullCount: 0 },
      big: { min: '18014398509481986', max: '8097472130012152707' },
      d: { min: '2.00', max: '899.00' },
    });
  });

  it('removes its scratch folder when it closes', async () => {
    const session = await open();
    const { scratchDir } = session;
    await session[Symbol.asyncDispose]();
    await expect(writeFile(join(scratchDir, 'x'), '')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
