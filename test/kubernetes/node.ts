import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import type { Kubernetes } from '../../platforms/kubernetes/client.ts';

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}
interface PodThing {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly {
      readonly image: string;
      readonly command?: readonly string[];
      readonly args?: readonly string[];
      readonly env?: readonly EnvVar[];
    }[];
  };
  readonly status: { readonly phase?: string };
}

interface Marks {
  isEvicted?: true;
  isOverMemory?: true;
}

/** A container on this node. */
interface Running extends Marks {
  readonly child: ChildProcess;
  readonly log: { readonly at: Date; readonly line: string }[];
  readonly ended: Promise<number>;
  exit?: number;
}

export interface ClusterNode extends AsyncDisposable {
  /** Pods that have run here, by name. */
  readonly started: readonly string[];
  /** The process of each pod that is still there. */
  pids(): readonly number[];
  /** Kills what runs, as a node that has no memory left for others. */
  evict(): void;
  /** Kills what runs, as for its own memory limit. */
  killForMemory(): void;
  /** Takes no more pods. */
  cordon(): void;
}

export interface NodeOptions {
  readonly call: Kubernetes;
  /** What an image's entry is here; an image that is missing cannot be pulled. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const LOOK_MS = 50;
const forever = new AbortController().signal;

/**
 * Scheduler and kubelet of a node, as far as pods with one container go, against any API server:
 * containers are processes of this machine.
 */
export async function startNode(options: NodeOptions): Promise<ClusterNode> {
  const { call, images, env } = options;
  const name = `node-${Math.random().toString(36).slice(2, 8)}`;
  const running = new Map<string, Running>();
  const started: string[] = [];
  let isOpen = true;
  let takesPods = true;
  const logs = await serveLogs(running);

  const told = async (method: 'GET' | 'POST' | 'PATCH', path: string, json?: unknown) => {
    const { status, body } = await call(
      { method, path, ...(json === undefined ? {} : { json }) },
      forever,
    );
    if (status >= 300 && status !== 404 && status !== 409) {
      throw new Error(`${method} ${path}: ${String(status)} ${body.toString()}`);
    }
    return JSON.parse(body.toString()) as unknown;
  };
  const pathOf = ({ metadata }: PodThing) =>
    `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  const report = async (pod: PodThing, status: object) =>
    await told('PATCH', `${pathOf(pod)}/status`, { status });
  const container = (pod: PodThing, state: object) => {
    const image = pod.spec.containers[0]?.image ?? '';
    return { name: 'dray', image, imageID: image, ready: false, restartCount: 0, state };
  };

  await told('POST', '/api/v1/nodes', { metadata: { name } });
  await told('PATCH', `/api/v1/nodes/${name}/status`, {
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: logs.port } },
    },
  });

  async function environment(pod: PodThing): Promise<Record<string, string>> {
    const variables: Record<string, string> = {};
    const [{ env: wanted = [] } = {}] = pod.spec.containers;
    for (const { name: variable, value, valueFrom } of wanted) {
      const from = valueFrom?.secretKeyRef;
      if (from === undefined) {
        variables[variable] = (value ?? '').replaceAll('$$', '$');
        continue;
      }
      const path = `/api/v1/namespaces/${pod.metadata.namespace}/secrets/${from.name}`;
      const { data = {} } = (await told('GET', path)) as { data?: Record<string, string> };
      variables[variable] = Buffer.from(data[from.key] ?? '', 'base64').toString();
    }
    return variables;
  }

  async function start(pod: PodThing): Promise<void> {
    const { image = '', command, args = [] } = pod.spec.containers[0] ?? {};
    const entry = images[image];
    const [program = '', ...before] = entry === undefined ? [] : (command ?? entry);
    if (program === '') {
      const message = `Back-off pulling image "${image}"`;
      const state = { waiting: { reason: 'ImagePullBackOff', message } };
      await report(pod, { phase: 'Pending', containerStatuses: [container(pod, state)] });
      return;
    }
    const own = await environment(pod);
    const child = spawn(program, [...before, ...args.map((word) => word.replaceAll('$$', '$'))], {
      ...{ detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { ...env, KUBERNETES_SERVICE_HOST: '10.96.0.1', ...own },
    });
    // A container ends with its first process.
    child.once('exit', () => {
      killGroup(child);
    });
    const log: Running['log'] = [];
    const ended = once(child, 'close').then(([code]: unknown[]) => (code as number | null) ?? 137);
    const one: Running = { child, log, ended };
    void ended.then((code) => {
      one.exit = code;
    });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        log.push(...lines.map((line) => ({ at: systemClock.now(), line })));
      });
    }
    running.set(pod.metadata.name, one);
    started.push(pod.metadata.name);
    const state = {
      running: {
        startedAt: systemClock
          .now()
          .toISOString()
          .replace(/\.\d+Z/, 'Z'),
      },
    };
    await report(pod, { phase: 'Running', containerStatuses: [container(pod, state)] });
  }

  async function finish(pod: PodThing, one: Marks, exitCode: number): Promise<void> {
    const reason = one.isOverMemory === true ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
    const message = 'The node was low on resource: memory.';
    const why = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' };
    await report(pod, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      ...(one.isEvicted === true
        ? { reason: 'Evicted', message, conditions: [{ ...why, message }] }
        : {}),
      containerStatuses: [container(pod, { terminated: { exitCode, reason } })],
    });
  }

  async function look(pod: PodThing): Promise<void> {
    const { metadata, spec, status } = pod;
    const isEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
    const one = running.get(metadata.name);
    if (spec.nodeName === undefined) {
      if (!takesPods || metadata.deletionTimestamp !== undefined) return;
      const target = { kind: 'Node', name };
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name } };
      await told('POST', `${pathOf(pod)}/binding`, { ...binding, target });
      return;
    }
    if (spec.nodeName !== name) return;
    if (metadata.deletionTimestamp !== undefined) {
      if (one !== undefined && one.exit === undefined) {
        if (!one.child.killed) {
          one.child.kill('SIGTERM');
          void wait(spec.terminationGracePeriodSeconds * 1000, undefined, { ref: false }).then(() =>
            one.child.kill('SIGKILL'),
          );
        }
        return;
      }
      if (!isEnded) {
        await finish(pod, one ?? {}, one?.exit ?? 137);
      }
      const query = { gracePeriodSeconds: '0' };
      await call({ method: 'DELETE', path: pathOf(pod), query }, forever);
      return;
    }
    if (isEnded) return;
    if (one === undefined) await start(pod);
    else if (one.exit !== undefined) await finish(pod, one, one.exit);
  }

  async function work(): Promise<void> {
    while (isOpen) {
      const { items } = (await told('GET', '/api/v1/pods')) as { items: readonly PodThing[] };
      for (const pod of items) await look(pod);
      await wait(LOOK_MS);
    }
  }
  const working = work();
  const kill = (mark: 'isEvicted' | 'isOverMemory') => {
    for (const one of running.values()) {
      if (one.exit !== undefined) continue;
      one[mark] = true;
      one.child.kill('SIGKILL');
    }
  };

  return {
    started,
    pids: () =>
      [...running.values()].flatMap(({ child, exit }) =>
        exit === undefined && child.pid !== undefined ? [child.pid] : [],
      ),
    evict: () => {
      kill('isEvicted');
    },
    killForMemory: () => {
      kill('isOverMemory');
    },
    cordon() {
      takesPods = false;
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      await working;
      for (const { child, exit } of running.values()) if (exit === undefined) child.kill('SIGKILL');
      await Promise.all([...running.values()].map(async ({ ended }) => await ended));
      await logs.close();
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** The part of a kubelet that API servers ask for logs. */
async function serveLogs(running: ReadonlyMap<string, Running>) {
  const pem = readFileSync(join(import.meta.dirname, '../unity/localhost.pem'));
  const options = { key: pem, cert: pem };
  const server = createServer(options, (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'https://node');
    const [, , , pod = ''] = pathname.split('/');
    const since = Date.parse(query.get('sinceTime') ?? '1970-01-01T00:00:00Z');
    const lines = (running.get(pod)?.log ?? []).filter(({ at }) => at.getTime() >= since);
    const last = lines.slice(-Number(query.get('tailLines') ?? lines.length));
    const stamp = (at: Date) =>
      query.get('timestamps') === 'true' ? `${at.toISOString().replace(/0*Z$/, 'Z')} ` : '';
    response.end(last.map(({ at, line }) => `${stamp(at)}${line}\n`).join(''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
