import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request in place of its answer. */
export type Fault =
  /** S3 gets it and does it; its answer is lost. */
  | 'lose the answer'
  /** The endpoint knows nothing of `If-None-Match`. */
  | 'drop the condition'
  /** It is on its way until this is settled; S3 gets it then, unless something else comes of it. */
  | { readonly until: Promise<unknown>; readonly then?: Fault }
  | { readonly status: number; readonly code: string; readonly headers?: Record<string, string> };

export interface FaultyS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** Method and path of what came in. */
  readonly seen: readonly string[];
}

/** Stands before an S3; `fault` says of each request what goes wrong with it, if anything. */
export async function startFaultyS3(
  endpoint: string,
  fault: (request: IncomingMessage) => Fault | undefined,
): Promise<FaultyS3> {
  const seen: string[] = [];
  const server = createServer((incoming, answer) => {
    seen.push(`${String(incoming.method)} ${String(incoming.url)}`);
    handle(endpoint, incoming, answer, fault(incoming));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function handle(
  endpoint: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  fault: Fault | undefined,
): void {
  if (typeof fault === 'object' && 'until' in fault) {
    void fault.until.then(() => {
      handle(endpoint, incoming, answer, fault.then);
    });
    return;
  }
  if (typeof fault === 'object') {
    incoming.resume();
    answer.writeHead(fault.status, { 'content-type': 'application/xml', ...fault.headers });
    answer.end(`<Error><Code>${fault.code}</Code><Message>${fault.code}!</Message></Error>`);
    return;
  }
  const { method, headers } = incoming;
  const forwarded = { ...headers };
  if (fault === 'drop the condition') delete forwarded['if-none-match'];
  const onwards = request(new URL(incoming.url ?? '/', endpoint), { method, headers: forwarded });
  onwards.on('response', (response) => {
    if (fault === 'lose the answer') {
      response.resume().on('end', () => answer.destroy());
      return;
    }
    answer.writeHead(response.statusCode ?? 500, response.rawHeaders);
    response.pipe(answer);
  });
  onwards.on('error', () => answer.destroy());
  incoming.pipe(onwards);
}
