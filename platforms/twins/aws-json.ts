import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What goes wrong with one request. `lost`: it is done, and the connection cut before the answer;
 * `cut`: the connection is cut before it is done; the others are answers in its place.
 */
export type Fault = 'lost' | 'cut' | 'throttled' | 'failed';

export type Answer = Readonly<Record<string, unknown>>;
/** By the names of the service's operations. */
export type Operations = Readonly<Record<string, (body: Answer) => Answer | Promise<Answer>>>;

export class ServiceError extends Error {
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export interface JsonService extends AsyncDisposable {
  readonly endpoint: string;
  /** Requests that were done, by operation, in order. */
  readonly done: readonly string[];
  /** The next requests of an operation meet these, one each. */
  fail(operation: string, ...faults: readonly Fault[]): void;
  /** Forgets the faults that no request has met. */
  calm(): void;
}

/** What a request asks for, and what of its input stands in path and query. */
export interface Asked {
  readonly operation: string;
  readonly input: Answer;
}

/** A service that speaks AWS's JSON 1.1, on a port of its own. */
export async function serveAwsJson(
  service: string,
  operations: Operations,
  port = 0,
): Promise<JsonService> {
  return await serveAws(operations, port, ({ headers }) => {
    const [name, operation = ''] = String(headers['x-amz-target']).split('.');
    return name === service ? { operation, input: {} } : undefined;
  });
}

/** A service that speaks JSON in one of AWS's ways; `route` reads the way. */
export async function serveAws(
  operations: Operations,
  port: number,
  route: (request: IncomingMessage) => Asked | undefined,
): Promise<JsonService> {
  const faults = new Map<string, Fault[]>();
  const done: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { operation, input } = route(request) ?? { operation: '', input: {} };
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = faults.get(operation)?.shift();
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    const act = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    try {
      if (fault === 'throttled') throw new ServiceError('ThrottlingException', 'Rate exceeded');
      if (fault === 'failed') {
        throw new ServiceError('InternalServiceException', 'try again', 500);
      }
      if (act === undefined) {
        const { method = '', url = '' } = request;
        throw new ServiceError('UnknownOperationException', `${operation} ${method} ${url}`);
      }
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Answer;
      const answered = await act({ ...body, ...input });
      done.push(operation);
      if (fault === 'lost') request.socket.destroy();
      else send(response, 200, answered);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const { name, message, status } = error;
      response.setHeader('x-amzn-errortype', name);
      send(response, status, { __type: name, Message: message, message });
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.destroy(error as Error);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    done,
    fail(operation, ...more) {
      faults.set(operation, [...(faults.get(operation) ?? []), ...more]);
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

function send(response: ServerResponse, status: number, body: Answer): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
