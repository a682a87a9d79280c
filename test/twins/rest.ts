import type { IncomingMessage } from 'node:http';
import {
  type FaultyService,
  type Refused,
  type Reply,
  serveWithFaults,
} from '../../platforms/twins/server.ts';

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

export interface RestOptions {
  /** What a call is known by in `done` and `fail`. */
  readonly nameOf: (call: RestCall) => string;
  readonly answer: (call: RestCall) => RestAnswer | Promise<RestAnswer>;
  readonly throttled: RestAnswer;
  readonly failed: RestAnswer;
  readonly port?: number;
}

/** A service that speaks JSON over HTTP, on a port of its own, and fails as it is told to. */
export async function serveRest(options: RestOptions): Promise<FaultyService> {
  const { nameOf, answer, port } = options;
  const protocol = {
    ...{ read, nameOf },
    answer: async (call: RestCall) => reply(await answer(call)),
    refusal: (fault: Refused) => reply(options[fault]),
  };
  return await serveWithFaults(protocol, port);
}

function read({ method = '', url = '/', headers }: IncomingMessage, body: Buffer): RestCall {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const { authorization = '' } = headers;
  return { method, path: pathname, query: searchParams, authorization, body };
}

function reply({ status, json, bytes, headers }: RestAnswer): Reply {
  const type = json === undefined ? 'application/octet-stream' : 'application/json';
  const content = bytes ?? (json === undefined ? '' : JSON.stringify(json));
  return { status, headers: { 'content-type': type, ...headers }, content };
}
