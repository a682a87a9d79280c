import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { storageOpener } from '../../../state/artifacts/open.ts';
import { startFaultyS3 } from '../../aws/faulty-s3.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../../aws/s3.ts';
import * as delta from './harness.ts';
import { loadInto } from './merging.ts';
import { BY_ALL, storeRows } from './partitioned.ts';

const { never } = delta;

(withoutMoto === '' ? describe : describe.skip)(`a Delta table on S3${withoutMoto}`, () => {
  let s3: TestS3;
  let session: SqlSession;
  let location: string;

  beforeAll(async () => {
    s3 = await startS3();
    session = await delta.openEngine();
    await session.useStorage(s3.openStorage(`s3://${BUCKET}`), never);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
  });

  const on = (options: delta.SinkOptions = {}) => ({ openStorage: s3.openStorage, ...options });

  async function load(options: delta.SinkOptions = {}, rows = delta.rowsOfWeek(24, 3)) {
    return Object.fromEntries(await delta.load(session, location, rows, on(options)));
  }

  async function commitAs(engineInfo: string, version: number): Promise<void> {
    const key = `_delta_log/${String(version).padStart(20, '0')}.json`;
    const line = JSON.stringify({ commitInfo: { timestamp: 0, operation: 'WRITE', engineInfo } });
    await s3.openStorage(location).create(key, `${line}\n`, never);
  }

  it('is what delta-rs reads after every mode, a checkpoint and a takeover', async () => {
    location = `s3://${BUCKET}/${randomUUID()}`;
    for (let n = 1; n <= 10; n++) await load({ covers: ['24'] }, delta.rowsOfWeek(24, n));
    await load({ mode: 'append' }, delta.rowsOfWeek(25, 4));
    await using holder = delta.openSink(session, location, on({ runId: 'r' }));
    await using claim = await delta.claimOf(holder);
    expect(claim.number).toBe(12);
    await load({ runId: 'r', attempt: 2, mode: 'append' }, delta.rowsOfWeek(26, 2));
    const { rows, version } = await delta.deltaRs('read', location);
    expect(version).toBe(12);
    const weeks = rows.map((row) => Number(row['week'])).sort();
    expect(weeks).toEqual([...Array<number>(10).fill(24), 25, 25, 25, 25, 26, 26]);
    const log = await s3.openStorage(location).list('_delta_log', never);
    expect(log.map(({ key }) => key)).toContain(
      '_delta_log/00000000000000000010.checkpoint.parquet',
    );
  });

  it('takes some forty requests a load, and never lists the whole table, however many loads it has', async () => {
    location = `s3://${BUCKET}/${randomUUID()}`;
    await using proxy = await startFaultyS3(s3.endpoint, () => undefined);
    const openStorage = storageOpener({ endpoint: proxy.endpoint }, systemClock);
    const append = async () => {
      await using sink = delta.openSink(session, location, { mode: 'append', openStorage });
      await delta.loadInto(sink, session, delta.rowsOfWeek(24, 1), { mode: 'append' });
    };
    for (let n = 0; n < 18; n++) await append();
    const before = proxy.seen.length;
    await append();
    const requests = proxy.seen.slice(before);
    expect(requests.length).toBeLessThan(55);
    const whole = encodeURIComponent(`${location.slice(`s3://${BUCKET}/`.length)}/`);
    expect(proxy.seen.filter((line) => line.endsWith(`prefix=${whole}`))).toEqual([]);
  });

  it('is partitioned by more than the week, and merged into', async () => {
    location = `s3://${BUCKET}/${randomUUID()}`;
    const options = on(BY_ALL);
    await load(options, storeRows(24, 60, 0, 'old'));
    await loadInto(session, location, storeRows(24, 6, 0, 'new'), { ...options, mode: 'merge' });
    const { rows, partitionColumns } = await delta.deltaRs('read', location);
    expect(partitionColumns).toEqual(BY_ALL.partitionBy);
    expect(rows).toHaveLength(60);
    expect(rows.filter(({ note }) => note === 'new')).toHaveLength(6);
    const keys = (await s3.openStorage(location).list('week=24', never)).map(({ key }) => key);
    expect(keys).toContainEqual(expect.stringContaining('week=24/store=1/place=a%2Fb%3Dc/price='));
  });

  it('keeps the commits of eight writers at once, each under a version of its own', async () => {
    location = `s3://${BUCKET}/${randomUUID()}`;
    const weeks = [20, 21, 22, 23, 24, 25, 26, 27];
    await Promise.all(
      weeks.map((week) => {
        const day = String(week - 10);
        const window = { startDate: `2017-06-${day}`, endDate: `2017-06-${String(week - 9)}` };
        return load({ window, covers: [String(week)] }, delta.rowsOfWeek(week, week));
      }),
    );
    await using sink = delta.openSink(session, location, on());
    expect(Object.fromEntries(await sink.count(never))).toEqual(
      Object.fromEntries(weeks.map((week) => [String(week), week])),
    );
    expect(await s3.openStorage(location).list('_delta_log', never)).toHaveLength(8);
  });

  it.each(['Apache-Spark/4.0.0 Delta-Lake/4.0.0', 'Databricks-Runtime/16.4'])(
    'is not loaded while %s commits there in its own way',
    async (engine) => {
      location = `s3://${BUCKET}/${randomUUID()}`;
      await load();
      await commitAs(engine, 1);
      await expect(load()).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        message: expect.stringContaining(`"${engine}" writes to s3://`),
        hint: expect.stringContaining('"dray.otherWriters": "stopped"'),
      });
      const warnings: string[] = [];
      const result = await delta.compute(session, delta.rowsOfWeek(24, 3));
      expect(result.rows).toBe(3);
      await using sink = delta.openSink(
        session,
        location,
        on({ otherWriters: 'stopped', warn: (text) => warnings.push(text) }),
      );
      await sink.check(never);
      expect(warnings).toEqual([expect.stringContaining('says that it has stopped')]);
      for (let version = 2; version < 12; version++) await commitAs('dray/0.1.0', version);
      expect(await load()).toEqual({ 24: 3 });
    },
  );
});
