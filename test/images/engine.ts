import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { FaultyService } from '../../platforms/twins/server.ts';
import { type RestAnswer, type RestCall, serveRest } from '../twins/rest.ts';
import { docker } from './docker.ts';

export interface EngineProxy extends FaultyService {
  /** Containers that the engine has started, in order: one that it started twice is there twice. */
  readonly started: readonly { readonly runId: string; readonly remoteId: string }[];
}

/** What somebody between the CLI and the engine answers. */
function gatewayAnswer(status: number, text: string): RestAnswer {
  const bytes = Buffer.from(`<html><title>${String(status)} ${text}</title></html>`);
  return { status, bytes, headers: { 'content-type': 'text/html' } };
}

/** The operation of a path such as `/v1.41/containers/ID/start`. */
function operationOf({ method, path }: RestCall): string {
  const [, kind = '', rest = ''] = /^(?:\/v[\d.]+)?\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
  return `${method} ${kind} ${rest.split('/').at(-1) ?? ''}`.trim();
}

/** The engine of this machine, behind a proxy that fails as it is told to. */
export async function startEngineProxy(): Promise<EngineProxy> {
  const { hostname, port, protocol, pathname } = new URL(
    await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'),
  );
  const place = protocol === 'unix:' ? { socketPath: pathname } : { hostname, port };
  const agent = new Agent({ keepAlive: true });
  const runs = new Map<string, string>();
  const started: { readonly runId: string; readonly remoteId: string }[] = [];

  async function forward({ method, path, query, body }: RestCall): Promise<RestAnswer> {
    const asking = request({
      ...{ ...place, agent, method, path: query.size === 0 ? path : `${path}?${String(query)}` },
      headers: { host: 'docker', 'content-type': 'application/json' },
    });
    const answered = new Promise<RestAnswer>((resolve, reject) => {
      asking.on('error', reject).on('response', (response) => {
        const { statusCode: status = 0, headers } = response;
        const kept = ['content-type', 'api-version', 'ostype', 'docker-experimental'];
        const known = kept.flatMap((name) => {
          const value = headers[name];
          return typeof value === 'string' ? [[name, value] as const] : [];
        });
        buffer(response).then((bytes) => {
          resolve({ status, bytes, headers: Object.fromEntries(known) });
        }, reject);
      });
    });
    asking.end(body);
    return await answered;
  }

  const proxy = await serveRest({
    nameOf: operationOf,
    async answer(call) {
      const answer = await forward(call);
      const [operation, text] = [operationOf(call), answer.bytes?.toString() ?? ''];
      if (operation === 'POST containers create' && answer.status === 201) {
        const { Id } = JSON.parse(text) as { readonly Id: string };
        const { Labels } = JSON.parse(call.body.toString()) as {
          readonly Labels: Readonly<Record<string, string>>;
        };
        runs.set(Id, Labels['dray.run_id'] ?? '');
      }
      // 304: it was running.
      if (operation === 'POST containers start' && answer.status === 204) {
        const remoteId = call.path.split('/').at(-2) ?? '';
        started.push({ remoteId, runId: runs.get(remoteId) ?? '' });
      }
      return answer;
    },
    throttled: gatewayAnswer(503, 'Service Unavailable'),
    failed: { status: 500, json: { message: 'context deadline exceeded' } },
  });
  return {
    ...proxy,
    endpoint: proxy.endpoint.replace('http:', 'tcp:'),
    started,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      agent.destroy();
    },
  };
}
