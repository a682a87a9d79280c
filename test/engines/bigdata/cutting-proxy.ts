import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  /** The given address with the proxy's port. */
  readonly remote: string;
  /** How many connections were cut. */
  readonly cuts: number;
  /** Cuts what is open; new connections are let through. */
  cut(): void;
}

/**
 * Stands between a client and a server on this machine and cuts each connection after so many bytes
 * from the server.
 *
 * @param remote - `sc://127.0.0.1:PORT/...`
 */
export async function startCuttingProxy(
  remote: string,
  afterBytes = Number.POSITIVE_INFINITY,
): Promise<CuttingProxy> {
  const port = Number(/:(\d+)/.exec(remote)?.[1]);
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    open.add(client);
    let passed = 0;
    const end = () => {
      open.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      if (passed < afterBytes || client.destroyed) return;
      cuts++;
      client.resetAndDestroy();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    remote: remote.replace(/:\d+/, `:${String(own)}`),
    get cuts() {
      return cuts;
    },
    cut() {
      cuts += open.size;
      for (const socket of open) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
