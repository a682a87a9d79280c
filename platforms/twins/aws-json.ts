import type { IncomingMessage } from 'node:http';
import { type FaultyService, type Refused, type Reply, serveWithFaults } from './server.ts';

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

/** An error is what its next request is answered. */
export type JsonService = FaultyService<Refused | ServiceError>;

const REFUSALS: Readonly<Record<Refused, ServiceError>> = {
  throttled: new ServiceError('ThrottlingException', 'Rate exceeded'),
  failed: new ServiceError('InternalServiceException', 'try again', 500),
};

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
  const protocol = {
    read(request: IncomingMessage, body: Buffer) {
      const { operation, input } = route(request) ?? { operation: '', input: {} };
      const { method = '', url = '' } = request;
      return { operation, input, body, what: `${operation} ${method} ${url}` };
    },
    nameOf: ({ operation }: Asked) => operation,
    async answer({ operation, input, body, what }: Asked & { body: Buffer; what: string }) {
      const act = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      try {
        if (act === undefined) throw new ServiceError('UnknownOperationException', what);
        const given = JSON.parse(body.toString() || '{}') as Answer;
        return reply(200, await act({ ...given, ...input }));
      } catch (error) {
        if (error instanceof ServiceError) return errorReply(error);
        throw error;
      }
    },
    refusal: (fault: Refused | ServiceError) =>
      errorReply(typeof fault === 'string' ? REFUSALS[fault] : fault),
  };
  return await serveWithFaults(protocol, port);
}

function errorReply({ name, message, status }: ServiceError): Reply {
  const { headers, content } = reply(status, { __type: name, Message: message, message });
  return { status, headers: { ...headers, 'x-amzn-errortype': name }, content };
}

function reply(status: number, body: Answer): Reply {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return { status, headers, content: JSON.stringify(body) };
}
