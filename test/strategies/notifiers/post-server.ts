import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface PostServer extends AsyncDisposable {
  readonly url: string;
  readonly posted: readonly Posted[];
  /** What it answers from now on. */
  answer(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): void;
}

/** A server that keeps what is posted to it. */
export async function openPostServer(): Promise<PostServer> {
  const posted: Posted[] = [];
  let next = { status: 200, body: '{"ok":true}', headers: {} };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Posted['body'];
      posted.push({ path, headers, body });
      response.writeHead(next.status, next.headers).end(next.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    posted,
    answer(status, body = '', headers = {}) {
      next = { status, body: typeof body === 'string' ? body : JSON.stringify(body), headers };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
