import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What goes wrong with one request. `lost`: it is done, and the connection cut before the answer;
 * `cut`: the connection is cut before it is done; the others are answers in its place.
 */
export type Fault = 'lost' | 'cut' | 'throttled' | 'failed';

export interface FaultyService extends AsyncDisposable {
  readonly endpoint: string;
  /** Requests that were done, by name, in order. */
  readonly done: readonly string[];
  /** The next requests of a name meet these, one each. */
  fail(name: string, ...faults: readonly Fault[]): void;
  /** Forgets the faults that no request has met. */
  calm(): void;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string | Buffer;
}

export interface Protocol<Call> {
  read(request: IncomingMessage, body: Buffer): Call;
  /** What a call is known by in `done` and `fail`. */
  nameOf(call: Call): string;
  answer(call: Call): Promise<Reply>;
  /** The answer in place of a call that is throttled, or fails. */
  refusal(fault: 'throttled' | 'failed'): Reply;
}

/** A server on a port of its own that fails as it is told to. */
export async function serveWithFaults<Call>(
  protocol: Protocol<Call>,
  port = 0,
): Promise<FaultyService> {
  const faults = new Map<string, Fault[]>();
  const done: string[] = [];

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = protocol.read(request, Buffer.concat(chunks));
    const name = protocol.nameOf(call);
    const fault = faults.get(name)?.shift();
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    const isRefused = fault === 'throttled' || fault === 'failed';
    const reply = isRefused ? protocol.refusal(fault) : await protocol.answer(call);
    if (reply.status < 300) done.push(name);
    if (fault === 'lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status, reply.headers);
    response.end(request.method === 'HEAD' ? undefined : reply.content);
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.destroy(error as Error);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    done,
    fail(name, ...more) {
      faults.set(name, [...(faults.get(name) ?? []), ...more]);
    },
    calm() {
      faults.clear();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
