import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { openBigdataEngine } from '../../../engines/bigdata/session.ts';
import { sparkVersions, startSpark, withoutSpark } from '../../spark/server.ts';
import { ENDLESS, failureOf, forever } from './on-spark.ts';

const [version = ''] = sparkVersions;

describe('a Spark server that is not there', () => {
  it('is unreachable, and says where it was looked for', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    listener.close();
    await once(listener, 'close');
    const opening = openBigdataEngine(
      { remote: `sc://127.0.0.1:${String(port)}/;token=secret` },
      systemClock,
      forever,
    );
    await expect(opening).rejects.toMatchObject({
      code: 'SPARK_UNREACHABLE',
      message: expect.stringContaining(`"http://127.0.0.1:${String(port)}" does not answer`),
    });
  });

  it('does not keep an aborted signal waiting', async () => {
    // Takes connections and never says a word.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const controller = new AbortController();
    const opening = openBigdataEngine(
      { remote: `sc://127.0.0.1:${String(port)}` },
      systemClock,
      controller.signal,
    );
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    silent.close();
  });
});

(version === '' ? describe.skip : describe)(`a Spark server that is killed${withoutSpark}`, () => {
  it('is noticed in the middle of a query, and disposing is quick', async () => {
    await using server = await startSpark(version);
    const session = await openBigdataEngine({ remote: server.remote }, systemClock, forever);
    const failed = failureOf(session.run(ENDLESS, forever));
    await systemClock.sleep(1000, forever);
    process.kill(server.javaPid, 'SIGKILL');
    await expect(failed).resolves.toMatchObject({ code: 'SPARK_UNREACHABLE', retryable: true });
    const startMs = systemClock.monotonicMs();
    await session[Symbol.asyncDispose]();
    expect(systemClock.monotonicMs() - startMs).toBeLessThan(10_000);
  });
});
