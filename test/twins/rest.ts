import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from '../../platforms/twins/aws-json.ts';

export interface RestCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly body: Buffer;
}

export interface RestAnswer {
  readonly status: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RestService extends AsyncDisposable {
  readonly endpoint: string;
  /** Calls that were done, by name, in order. */
  readonly done: readonly string[];
  /** The next calls of a name meet these, one each. */
  fail(name: string, ...faults: readonly Fault[]): void;
  /** Forgets the faults that no call has met. */
  calm(): void;
}

export interface RestOptions {
  /** What a call is known by in `done` and `fail`. */
  readonly nameOf: (call: RestCall) => string;
  readonly answer: (call: RestCall) => RestAnswer | Promise<RestAnswer>;
  readonly throttled: RestAnswer;
  readonly failed: RestAnswer;
  readonly port?: number;
}

/** A service that speaks JSON over HTTP, on a port of its own, and fails as it is told to. */
export async function serveRest(options: RestOptions): Promise<RestService> {
  const { nameOf, answer } = options;
  const faults = new Map<string, Fault[]>();
  const done: string[] = [];

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call: RestCall = {
      ...{ method: request.method ?? '', path: url.pathname, query: url.searchParams },
      authorization: request.headers.authorization ?? '',
      body: Buffer.concat(chunks),
    };
    const name = nameOf(call);
    const fault = faults.get(name)?.shift();
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    if (fault === 'throttled' || fault === 'failed') {
      send(response, options[fault]);
      return;
    }
    const given = await answer(call);
    if (given.status < 300) done.push(name);
    if (fault === 'lost') request.socket.destroy();
    else send(response, given, request.method === 'HEAD');
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.destroy(error as Error);
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
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

function send(response: ServerResponse, answer: RestAnswer, isHead = false): void {
  const { status, json, bytes, headers } = answer;
  const type = json === undefined ? 'application/octet-stream' : 'application/json';
  const content = bytes ?? (json === undefined ? '' : JSON.stringify(json));
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(isHead ? undefined : content);
}
