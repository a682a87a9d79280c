import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { FaultyService } from '../../platforms/twins/server.ts';
import {
  askedFor,
  at,
  type Asked,
  kubeletLog,
  KINDS,
  type KubernetesBehaviour,
  mayDo,
  merge,
  pairs,
  Refusal,
  statusAnswer,
  TOKENS,
} from './kubernetes-calls.ts';
import { FOREGROUND, graceOf, isOver, lookAtJob, type Thing } from './kubernetes-jobs.ts';
import { type RestAnswer, type RestCall, serveRest } from './rest.ts';

export interface KubernetesTwin extends FaultyService {
  /** Of somebody who may do everything, and of somebody who may do what docs/submit.md lists. */
  readonly tokens: { readonly admin: string; readonly submitter: string };
  readonly behaviour: KubernetesBehaviour;
  readonly namespaces: Set<string>;
  /** All Jobs that were ever made, also those that are gone. */
  readonly made: readonly Thing[];
  /** Objects as they are now: `pods`, `jobs`. */
  list(resource: string): readonly Thing[];
}

const RETRY_AFTER_S = 3;
const LABEL = /^([a-z0-9.-]+\/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/**
 * The API server of Kubernetes with its controller of Jobs, as far as Jobs, pods, their logs and events
 * go. Nothing runs in it: test/kubernetes/node.ts is a node, which works with a real API server too.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
export async function startKubernetesTwin(options: { clock: Clock }): Promise<KubernetesTwin> {
  const { clock } = options;
  const things = new Map<string, Thing>();
  const made: Thing[] = [];
  /** By the uid of the Job that they were made for. */
  const podsOf = new Map<string, Set<Thing>>();
  const changes: { version: number; type: string; resource: string; object: Thing }[] = [];
  const namespaces = new Set(['promos', 'default']);
  const behaviour: KubernetesBehaviour = {
    maxJobs: 10_000,
    maxPods: 10_000,
    denies: false,
    isGranted: false,
  };
  let version = 1;
  const nowMs = () => clock.now().getTime();
  const time = () => new Date(nowMs()).toISOString().replace(/\.\d+Z$/, 'Z');
  const resourceOf = ({ kind }: Thing) =>
    Object.keys(KINDS).find((resource) => KINDS[resource] === kind) ?? '';
  const keyOf = (resource: string, namespace: string, name: string) =>
    `${resource}/${resource === 'nodes' ? '' : namespace}/${name}`;
  const list = (resource: string) =>
    [...things.entries()]
      .filter(([key]) => key.startsWith(`${resource}/`))
      .map(([, thing]) => thing);

  function record(type: string, thing: Thing): void {
    version += 1;
    thing.metadata.resourceVersion = String(version);
    changes.push({ version, type, resource: resourceOf(thing), object: structuredClone(thing) });
  }

  function add(resource: string, namespace: string, thing: Thing): Thing {
    const { metadata } = thing;
    thing.kind ??= KINDS[resource] ?? '';
    thing.apiVersion ??= resource === 'jobs' ? 'batch/v1' : 'v1';
    Object.assign(metadata, { uid: randomUUID(), creationTimestamp: time() });
    if (resource !== 'nodes') metadata.namespace = namespace;
    things.set(keyOf(resource, namespace, metadata.name), thing);
    if (resource === 'jobs') made.push(thing);
    record('ADDED', thing);
    return thing;
  }

  function remove(thing: Thing): void {
    const { namespace = '', name } = thing.metadata;
    if (things.delete(keyOf(resourceOf(thing), namespace, name))) record('DELETED', thing);
    podsOf.get(thing.metadata.labels?.['controller-uid'] ?? '')?.delete(thing);
  }

  function deletePod(pod: Thing, graceS: number): void {
    const isBound = pod.spec?.['nodeName'] !== undefined;
    if (graceS === 0 || !isBound || isOver(pod)) {
      remove(pod);
      return;
    }
    pod.metadata.deletionTimestamp ??= time();
    pod.metadata.deletionGracePeriodSeconds = graceS;
    record('MODIFIED', pod);
  }

  const cluster = {
    ...{ nowMs, deletePod, remove },
    podsOf: ({ metadata }: Thing) => [...(podsOf.get(metadata.uid ?? '') ?? [])],
    createPod(job: Thing, pod: Thing) {
      const { namespace = '' } = job.metadata;
      const account = (pod.spec?.['serviceAccountName'] ?? 'default') as string;
      const of = list('pods').filter((one) => one.metadata.namespace === namespace);
      const forbidden = `pods "${pod.metadata.name}" is forbidden:`;
      if (!things.has(keyOf('serviceaccounts', namespace, account))) {
        return `${forbidden} error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
      }
      if (of.length >= behaviour.maxPods) {
        return `${forbidden} exceeded quota: pods, requested: pods=1, used: pods=${String(of.length)}, limited: pods=${String(behaviour.maxPods)}`;
      }
      const own = podsOf.get(job.metadata.uid ?? '') ?? new Set();
      podsOf.set(job.metadata.uid ?? '', own.add(add('pods', namespace, pod)));
      return undefined;
    },
    changed: (thing: Thing) => {
      record('MODIFIED', thing);
    },
    warn(job: Thing, message: string) {
      const { name, namespace = '' } = job.metadata;
      const involvedObject = { kind: 'Job', name, namespace };
      const same = list('events').some((event) => event['message'] === message);
      const metadata = { name: `${name}.${randomUUID().slice(0, 8)}` };
      const event = { ...{ metadata, involvedObject, message }, type: 'Warning' };
      if (!same) add('events', namespace, { ...event, reason: 'FailedCreate' });
    },
  };
  for (const namespace of namespaces) {
    add('serviceaccounts', namespace, { metadata: { name: 'default' } });
  }
  const reconcile = () => {
    for (const job of list('jobs')) lookAtJob(job, cluster);
  };

  function create({ namespace, resource }: Asked, thing: Thing): Thing {
    const { name } = thing.metadata;
    const full = resource === 'jobs' ? 'jobs.batch' : resource;
    if (resource !== 'nodes' && !namespaces.has(namespace)) {
      throw new Refusal(404, 'NotFound', `namespaces "${namespace}" not found`);
    }
    if (things.has(keyOf(resource, namespace, name))) {
      throw new Refusal(409, 'AlreadyExists', `${full} "${name}" already exists`);
    }
    if (!NAME.test(name) || (resource === 'jobs' && name.length > 63)) {
      const message = `Job.batch "${name}" is invalid: metadata.name: Invalid value: "${name}"`;
      throw new Refusal(422, 'Invalid', message);
    }
    if (resource === 'jobs') {
      const own = list('jobs').filter((one) => one.metadata.namespace === namespace).length;
      if (own >= behaviour.maxJobs) {
        const message = `${full} "${name}" is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: count/jobs.batch=${String(own)}, limited: count/jobs.batch=${String(behaviour.maxJobs)}`;
        throw new Refusal(403, 'Forbidden', message);
      }
      if (behaviour.denies) {
        const message = 'admission webhook "policy.test" denied the request: not on a Sunday';
        throw new Refusal(400, 'BadRequest', message);
      }
      if (Object.keys(thing.metadata.labels ?? {}).some((label) => !LABEL.test(label))) {
        throw new Refusal(422, 'Invalid', `Job.batch "${name}" is invalid: metadata.labels`);
      }
      thing.status = {};
    }
    return add(resource, namespace, thing);
  }

  function found({ resource, namespace, name }: Asked): Thing {
    const thing = things.get(keyOf(resource, namespace, name));
    if (thing !== undefined) return thing;
    const full = resource === 'jobs' ? 'jobs.batch' : resource;
    throw new Refusal(404, 'NotFound', `${full} "${name}" not found`);
  }

  function patch(asked: Asked, change: Partial<Thing>): Thing {
    const thing = found(asked);
    const wanted = change.metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== thing.metadata.resourceVersion) {
      const message = `Operation cannot be fulfilled on ${asked.resource} "${asked.name}": the object has been modified; please apply your changes to the latest version and try again`;
      throw new Refusal(409, 'Conflict', message);
    }
    const { status, ...rest } = change;
    merge(thing, asked.sub === 'status' ? { status } : rest);
    record('MODIFIED', thing);
    return thing;
  }

  function destroy(asked: Asked, query: URLSearchParams, body: Record<string, unknown>): Thing {
    const thing = found(asked);
    if (asked.resource === 'pods') {
      const grace = query.get('gracePeriodSeconds') ?? body['gracePeriodSeconds'];
      deletePod(thing, Number(grace ?? graceOf(thing)));
    } else if (asked.resource === 'jobs') {
      const policy = query.get('propagationPolicy') ?? body['propagationPolicy'] ?? 'Background';
      if (policy === 'Foreground') {
        thing.metadata.deletionTimestamp ??= time();
        thing.metadata.finalizers = [FOREGROUND];
        record('MODIFIED', thing);
      } else {
        for (const pod of cluster.podsOf(thing)) deletePod(pod, graceOf(pod));
        remove(thing);
      }
    } else remove(thing);
    return thing;
  }

  function listed({ resource, namespace }: Asked, query: URLSearchParams): RestAnswer {
    const labels = pairs(query.get('labelSelector'));
    const fields = pairs(query.get('fieldSelector'));
    const isWanted = (thing: Thing) =>
      (namespace === '' || thing.metadata.namespace === namespace) &&
      labels.every(([key, value]) => thing.metadata.labels?.[key] === value) &&
      fields.every(([path, value]) => (at(thing, path) ?? '') === value);
    if (query.get('watch') !== null) {
      const since = Number(query.get('resourceVersion') ?? 0);
      const lines = changes
        .filter((one) => one.resource === resource && one.version > since && isWanted(one.object))
        .map(({ type, object }) => `${JSON.stringify({ type, object })}\n`);
      return { status: 200, bytes: Buffer.from(lines.join('')) };
    }
    const kind = `${KINDS[resource] ?? ''}List`;
    const apiVersion = resource === 'jobs' ? 'batch/v1' : 'v1';
    const metadata = { resourceVersion: String(version) };
    const items = list(resource).filter(isWanted);
    return { status: 200, json: { kind, apiVersion, metadata, items } };
  }

  async function logOf(asked: Asked, query: URLSearchParams): Promise<RestAnswer> {
    const pod = found(asked);
    const { namespace = '', name } = pod.metadata;
    const node = things.get(keyOf('nodes', '', String(pod.spec?.['nodeName'])));
    const port = at(
      node ?? { metadata: { name: '' } },
      'status.daemonEndpoints.kubeletEndpoint.Port',
    );
    if (pod.status?.['phase'] === 'Pending' || typeof port !== 'number') {
      const message = `container "dray" in pod "${name}" is waiting to start: ContainerCreating`;
      throw new Refusal(400, 'BadRequest', message);
    }
    const path = `/containerLogs/${namespace}/${name}/dray?${query.toString()}`;
    const bytes = Buffer.from(await kubeletLog(port, path));
    const headers = { 'content-type': 'text/plain' };
    return { status: bytes.length === 0 ? 204 : 200, bytes, headers };
  }

  async function answered(asked: Asked, call: RestCall): Promise<RestAnswer> {
    const { verb, sub } = asked;
    mayDo(asked, call, behaviour);
    const body = JSON.parse(call.body.toString() || '{}') as Record<string, unknown>;
    reconcile();
    if (sub === 'log') return await logOf(asked, call.query);
    if (sub === 'binding') {
      const { name: node } = body['target'] as { name: string };
      const spec = { nodeName: node };
      return { status: 201, json: patch({ ...asked, sub: '' }, { spec }) };
    }
    if (verb === 'list') return listed(asked, call.query);
    const json =
      verb === 'create'
        ? create(asked, body as Thing)
        : verb === 'patch'
          ? patch(asked, body)
          : verb === 'delete'
            ? destroy(asked, call.query, body)
            : found(asked);
    const given = structuredClone(json);
    reconcile();
    return { status: verb === 'create' ? 201 : 200, json: given };
  }

  const service = await serveRest({
    nameOf(call) {
      const { verb, resource = '', sub = '' } = askedFor(call) ?? {};
      return `${verb ?? ''} ${resource}${sub === '' ? '' : `/${sub}`}`;
    },
    async answer(call) {
      try {
        const asked = askedFor(call);
        if (asked === undefined) {
          throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
        }
        return await answered(asked, call);
      } catch (error) {
        if (error instanceof Refusal) return error.answer;
        throw error;
      }
    },
    throttled: {
      ...statusAnswer(429, 'TooManyRequests', 'the server has received too many requests'),
      headers: { 'retry-after': String(RETRY_AFTER_S) },
    },
    failed: statusAnswer(500, 'InternalError', 'etcdserver: leader changed'),
  });
  return { ...service, tokens: TOKENS, behaviour, namespaces, made, list };
}
