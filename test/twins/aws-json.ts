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
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
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

/** A service that speaks AWS's JSON 1.1, on a port of its own. */
export async function serveAwsJson(
  service: string,
  operations: Operations,
  port = 0,
): Promise<JsonService> {
  const faults = new Map<string, Fault[]>();
  const done: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = String(request.headers['x-amz-target']);
    const operation = target.slice(service.length + 1);
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
      if (fault === 'failed') throw new ServiceError('InternalServiceException', 'try again');
      if (!target.startsWith(`${service}.`) || act === undefined) {
        throw new ServiceError('UnknownOperationException', target);
      }
      const body = await act(JSON.parse(Buffer.concat(chunks).toString() || '{}') as Answer);
      done.push(operation);
      if (fault === 'lost') request.socket.destroy();
      else send(response, 200, body);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const status = error.name === 'InternalServiceException' ? 500 : 400;
      send(response, status, { __type: error.name, Message: error.message });
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
