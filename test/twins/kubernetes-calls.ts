import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { RestAnswer, RestCall } from './rest.ts';

/** By resource. */
export const KINDS: Readonly<Record<string, string>> = {
  ...{ jobs: 'Job', pods: 'Pod', events: 'Event', nodes: 'Node', secrets: 'Secret' },
  serviceaccounts: 'ServiceAccount',
};
export interface KubernetesBehaviour {
  /** Quotas of each namespace. */
  maxJobs: number;
  maxPods: number;
  /** A webhook that has something against Jobs. */
  denies: boolean;
  /** The account that submits has its rights. */
  isGranted: boolean;
}

export const TOKENS = { admin: 'twin-admin', submitter: 'twin-submitter' };
const RIGHTS = [
  ...['create jobs', 'get jobs', 'patch jobs', 'list pods', 'get pods/log'],
  ...['get serviceaccounts', 'list events'],
];

/** An answer in the place of what was asked for. */
export class Refusal extends Error {
  readonly answer: RestAnswer;
  constructor(code: number, reason: string, message: string) {
    super(message);
    this.answer = statusAnswer(code, reason, message);
  }
}

export interface Asked {
  /** As RBAC has it. */
  readonly verb: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly sub: string;
}

/** What a call is about; undefined for what the twin does not have. */
export function askedFor({ method, path }: RestCall): Asked | undefined {
  const match =
    /^\/(?:api\/v1|apis\/batch\/v1)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(
      path,
    );
  const [, namespace = '', resource = '', name = '', sub = ''] = match ?? [];
  if (!Object.hasOwn(KINDS, resource)) return undefined;
  const verbs: Readonly<Record<string, string>> = {
    ...{ GET: name === '' ? 'list' : 'get', POST: 'create', PATCH: 'patch', DELETE: 'delete' },
  };
  return { verb: verbs[method] ?? method, namespace, resource, name, sub };
}

export function statusAnswer(code: number, reason: string, message: string): RestAnswer {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
  return { status: code, json: { ...status, message, reason, code } };
}

/** The parts of a selector. */
export function pairs(selector: string | null): readonly (readonly [string, string])[] {
  if (selector === null || selector === '') return [];
  return selector.split(',').map((one) => {
    const [key = '', value = ''] = one.split(/==?/);
    return [key, value];
  });
}

/** What an object has there: `spec.nodeName`. */
export function at(thing: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], thing);
}

/** RFC 7386. */
export function merge(
  into: Record<string, unknown>,
  change: Readonly<Record<string, unknown>>,
): void {
  for (const [key, value] of Object.entries(change)) {
    const old = into[key];
    if (value === null) Reflect.deleteProperty(into, key);
    else if (typeof value === 'object' && !Array.isArray(value) && typeof old === 'object') {
      merge(old as Record<string, unknown>, value as Record<string, unknown>);
    } else if (value !== undefined) into[key] = value;
  }
}

/** Asks a node of this machine for a log. */
export async function kubeletLog(port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, rejectUnauthorized: false };
    const asking = request(options, (response) => {
      text(response).then(resolve, reject);
    });
    asking.on('error', reject).end();
  });
}

/** Refuses who is not known, and who may not do what is asked. */
export function mayDo(
  { verb, resource, sub, namespace }: Asked,
  { authorization }: RestCall,
  { isGranted }: KubernetesBehaviour,
): void {
  const token = authorization.replace(/^Bearer /, '');
  if (!Object.values(TOKENS).includes(token)) {
    throw new Refusal(401, 'Unauthorized', 'Unauthorized');
  }
  const right = `${verb} ${resource}${sub === '' ? '' : `/${sub}`}`;
  if (token !== TOKENS.admin && !(isGranted && RIGHTS.includes(right))) {
    const message = `${resource} is forbidden: User "dray" cannot ${verb} resource "${resource}" in the namespace "${namespace}"`;
    throw new Refusal(403, 'Forbidden', message);
  }
}
