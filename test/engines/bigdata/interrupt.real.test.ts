import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { JobError } from '../../../core/errors.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { describeOnSpark, ENDLESS, failureOf, forever, TAG } from './on-spark.ts';

function abortable() {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => {
      controller.abort(new JobError('INTERRUPTED', 'stop'));
    },
  };
}

describeOnSpark('a statement that is cut or stopped', (spark) => {
  it('receives each of 5,000,000 rows once though the connection is cut again and again', async () => {
    await using proxy = await startCuttingProxy(spark.remote(), 6_000_000);
    await using session = await spark.open({ remote: proxy.remote });
    let next = 0n;
    for await (const { id } of session.stream('select id from range(5000000)', forever)) {
      if (id !== next) break;
      next++;
    }
    expect(next).toBe(5_000_000n);
    expect(proxy.cuts).toBeGreaterThanOrEqual(5);
  });

  it('does not write twice when the connection is cut during a write', async () => {
    await using proxy = await startCuttingProxy(spark.remote());
    await using session = await spark.open({ remote: proxy.remote });
    const path = join(session.scratchDir, 'once');
    const writing = session.write(
      'select id, sum(id) over (partition by id % 4) as s from range(1000000)',
      { format: 'parquet', mode: 'append', path },
      forever,
    );
    const cutting = systemClock.sleep(300, forever).then(() => {
      proxy.cut();
    });
    await writing;
    await cutting;
    expect(proxy.cuts).toBeGreaterThan(0);
    await session.parquet.view('written', [path], forever);
    await expect(session.rows('select count(*) as n from written', forever)).resolves.toEqual([
      { n: 1_000_000n },
    ]);
  });

  it('interrupts the statement on the server when the signal aborts, and stays usable', async () => {
    await using session = await spark.open();
    const { signal, abort } = abortable();
    const endless = session.run(ENDLESS, signal);
    await systemClock.sleep(1000, forever);
    const abortedMs = systemClock.monotonicMs();
    abort();
    await expect(endless).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(systemClock.monotonicMs() - abortedMs).toBeLessThan(5_000);
    // What no longer runs cannot be interrupted.
    await expect(session.interruptTag(TAG, forever)).resolves.toEqual([]);
    await expect(session.rows('select 1 as one', forever)).resolves.toEqual([{ one: 1 }]);
  });

  it('leaves nothing running when the signal aborts right after the start', async () => {
    await using session = await spark.open();
    const { signal, abort } = abortable();
    const endless = session.rows(ENDLESS, signal);
    abort();
    await expect(endless).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(session.interruptTag(TAG, forever)).resolves.toEqual([]);
  });

  it('interrupts a query of which no more rows are read', async () => {
    await using session = await spark.open();
    // So many tasks that the first have sent their rows long before the last.
    const rows = session.stream('select id from range(0, 2000000000, 1, 20000)', forever);
    expect((await rows.next()).value).toEqual({ id: 0n });
    await rows.return({ metrics: {}, relation: undefined });
    await expect(session.interruptTag(TAG, forever)).resolves.toEqual([]);
  });

  it('interrupts by tag what runs in the session and in those opened from it', async () => {
    await using session = await spark.open();
    await using another = await session.openAnother(1, forever);
    const endless = [session.run(ENDLESS, forever), another.run(ENDLESS, forever)];
    const settled = Promise.allSettled(endless);
    await systemClock.sleep(1500, forever);
    await expect(session.interruptTag('run-8', forever)).resolves.toEqual([]);
    await expect(session.interruptTag(TAG, forever)).resolves.toHaveLength(2);
    for (const outcome of await settled) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'ENGINE_FAILED', message: expect.stringContaining('OPERATION_CANCEL') },
      });
    }
  });

  it('ends what runs, its scratch folder and the session on the server when disposed', async () => {
    const session = await spark.open();
    const { scratchDir, sessionId } = session;
    const failed = failureOf(session.run(ENDLESS, forever));
    await systemClock.sleep(500, forever);
    await session[Symbol.asyncDispose]();
    await expect(failed).resolves.toMatchObject({ message: 'the Spark session is closed' });
    expect(existsSync(scratchDir)).toBe(false);
    const again = spark.open({ remote: `${spark.remote()};session_id=${sessionId};user_id=dray` });
    if (spark.isSpark4) await expect(again).rejects.toMatchObject({ code: 'SPARK_SESSION_LOST' });
    // 3.5 cannot end a session before its time.
    else await (await again)[Symbol.asyncDispose]();
  });

  it('shares views with a session opened from it, and outlives it', async () => {
    await using session = await spark.open();
    {
      await using another = await session.openAnother(1, forever);
      expect(another.scratchDir).not.toBe(session.scratchDir);
      await another.tempView('shared', 'select 7 as n', forever);
    }
    await expect(session.rows('select n from shared', forever)).resolves.toEqual([{ n: 7 }]);
  });

  it('refuses a wrong token', async () => {
    const wrong = spark.remote().replace(/token=[^;]+/, 'token=wrong');
    expect(wrong).not.toBe(spark.remote());
    await expect(spark.open({ remote: wrong })).rejects.toMatchObject({ code: 'SPARK_REFUSED' });
    const none = spark.remote().replace(/\/;token=[^;]+/, '');
    await expect(spark.open({ remote: none })).rejects.toMatchObject({ code: 'SPARK_REFUSED' });
  });
});
