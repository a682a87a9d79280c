import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SparkServer } from '../../entry/spark-server.ts';
import { startSpark } from './server.ts';

/** Sparks of one `npm test`: to start one and to warm it up takes longer than most suites. */
export interface SharedSparks extends AsyncDisposable {
  /** Answers `GET /VERSION` with the address of a Spark, which starts when the first one asks. */
  readonly url: string;
}

export async function shareSparks(): Promise<SharedSparks> {
  const sparks = new Map<string, Promise<SparkServer>>();
  const shared = (version: string): Promise<SparkServer> => {
    const known = sparks.get(version) ?? startSpark(version);
    sparks.set(version, known);
    return known;
  };
  const broker = createServer((request, response) => {
    shared((request.url ?? '').slice(1)).then(
      ({ remote }) => response.end(remote),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  broker.listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const { port } = broker.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose]() {
      broker.close();
      const started = await Promise.allSettled(sparks.values());
      await Promise.all(
        started.map(async (each) => {
          if (each.status === 'fulfilled') await each.value[Symbol.asyncDispose]();
        }),
      );
    },
  };
}
