import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What goes wrong with one request. `lost`: it is done, and the connection cut before the answer;
 * `cut`: the connection is cut before it is done.
 */
export type Cut = 'lost' | 'cut';
/** What every service can answer in place of doing a request. */
export type Refused = 'throttled' | 'failed';

/** @typeParam Refusal - what else the service can be told to answer. */
export interface FaultyService<Refusal = Refused> extends AsyncDisposable {
  readonly endpoint: string;
  /** Requests that were done, by name, in order. */
  readonly done: readonly string[];
  /** The next requests of a name meet these, one each. */
  fail(name: string, ...faults: readonly (Cut | Refusal)[]): void;
  /** Forgets the faults that no request has met. */
  calm(): void;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string | Buffer;
}

export interface Protocol<Call, Refusal> {
  read(request: IncomingMessage, body: Buffer): Call;
  /** What a call is known by in `done` and `fail`. */
  nameOf(call: Call): string;
  answer(call: Call): Promise<Reply>;
  refusal(fault: Refusal): Reply;
}

/** A server on a port of its own that fails as it is told to. */
export async function serveWithFaults<Call, Refusal>(
  protocol: Protocol<Call, Refusal>,
  port = 0,
): Promise<FaultyService<Refusal>> {
  const faults = new Map<string, (Cut | Refusal)[]>();
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
    const isDone = fault === undefined || fault === 'lost';
    const reply = isDone ? await protocol.answer(call) : protocol.refusal(fault);
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
      // A defect of the twin's own: whoever called shows it.
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(error instanceof Error ? error.stack : String(error));
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
