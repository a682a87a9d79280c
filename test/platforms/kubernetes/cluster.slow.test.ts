import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadYaml } from '@kubernetes/client-node';
import { describe } from '@jest/globals';
import { parseConfig } from '../../../core/wire.ts';
import type { Kubernetes } from '../../../platforms/kubernetes/client.ts';
import { kubernetesSettings } from '../../../platforms/kubernetes/settings.ts';
import { kubernetesSubmitter } from '../../../platforms/kubernetes/submitter.ts';
import type { Job } from '../../../platforms/kubernetes/states.ts';
import { clientFor } from '../../kubernetes/account.ts';
import { startCluster, withoutCluster } from '../../kubernetes/cluster.ts';
import { askedFor, statusAnswer } from '../../twins/kubernetes-calls.ts';
import { serveRest } from '../../twins/rest.ts';
import { describeSubmitOnce } from '../submit-once-suite.ts';
import { describeCluster } from './suite.ts';

const forever = new AbortController().signal;
/** An API server looks at its policies from time to time. */
const SEEN_MS = 2_000;
const NAMESPACE = '/api/v1/namespaces/promos';
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/promos';
const POLICIES = '/apis/admissionregistration.k8s.io/v1';
/** The right to submit, as people copy it. */
const [, ROLE = ''] =
  /```yaml\n(apiVersion: rbac[^`]*)```/.exec(
    readFileSync(new URL('../../../docs/submit.md', import.meta.url), 'utf8'),
  ) ?? [];

async function done(
  call: Kubernetes,
  method: 'POST' | 'DELETE' | 'GET',
  path: string,
  json?: unknown,
) {
  const { status, body } = await call({ method, path, json }, forever);
  if (status < 300) return JSON.parse(body.toString()) as unknown;
  throw new Error(`${method} ${path}: ${String(status)} ${body.toString()}`);
}

/** The namespace of the suite, with the account that pods of it run as. */
async function makeNamespace(admin: Kubernetes): Promise<void> {
  await done(admin, 'POST', '/api/v1/namespaces', { metadata: { name: 'promos' } });
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
  await done(admin, 'POST', classes, { metadata: { name: 'batch' }, value: 1 });
  const path = `${NAMESPACE}/serviceaccounts/default`;
  while ((await admin({ method: 'GET', path }, forever)).status !== 200) await wait(100);
}

(withoutCluster === '' ? describe : describe.skip)(`a real API server${withoutCluster}`, () => {
  describeCluster('a cluster of Kubernetes', async (folder) => {
    const cluster = await startCluster(join(folder, 'cluster'));
    await makeNamespace(clientFor(folder, cluster.server, cluster.tokens.admin));
    return {
      ...cluster,
      async grant(admin) {
        await done(admin, 'POST', `${RBAC}/roles`, loadYaml(ROLE));
        await done(admin, 'POST', `${RBAC}/rolebindings`, {
          metadata: { name: 'dray-submit' },
          subjects: [{ kind: 'User', name: 'dray', apiGroup: 'rbac.authorization.k8s.io' }],
          roleRef: { kind: 'Role', name: 'dray-submit', apiGroup: 'rbac.authorization.k8s.io' },
        });
        await wait(500);
      },
      async limit(of, admin, most) {
        const path = `${NAMESPACE}/resourcequotas`;
        if (most === undefined) {
          await done(admin, 'DELETE', `${path}/${of}`);
          return;
        }
        const hard = { [of === 'jobs' ? 'count/jobs.batch' : 'pods']: String(most) };
        await done(admin, 'POST', path, { metadata: { name: of }, spec: { hard } });
        for (;;) {
          const found = (await done(admin, 'GET', `${path}/${of}`)) as {
            readonly status: { readonly used?: unknown };
          };
          if (found.status.used !== undefined) break;
          await wait(50);
        }
        await wait(300);
      },
      async deny(admin, isOn) {
        const path = `${POLICIES}/validatingadmissionpolicies`;
        if (!isOn) {
          await done(admin, 'DELETE', `${POLICIES}/validatingadmissionpolicybindings/sunday`);
          await wait(SEEN_MS);
          return;
        }
        await done(admin, 'POST', path, {
          metadata: { name: 'sunday' },
          spec: {
            matchConstraints: {
              resourceRules: [
                {
                  ...{ apiGroups: ['batch'], apiVersions: ['v1'], resources: ['jobs'] },
                  operations: ['CREATE'],
                },
              ],
            },
            validations: [{ expression: 'false', message: 'not on a Sunday' }],
          },
        });
        await done(admin, 'POST', `${POLICIES}/validatingadmissionpolicybindings`, {
          metadata: { name: 'sunday' },
          spec: { policyName: 'sunday', validationActions: ['Deny'] },
        });
        await wait(SEEN_MS);
      },
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  });

  describeSubmitOnce(
    'an API server of Kubernetes, behind a proxy that loses answers',
    async (clock) => {
      const folder = mkdtempSync(join(tmpdir(), 'dray-kubernetes-'));
      const made: { readonly runId: string; readonly remoteId: string; readonly state: string }[] =
        [];
      const cluster = await startCluster(join(folder, 'cluster'));
      const admin = clientFor(join(folder, 'cluster'), cluster.server, cluster.tokens.admin);
      await makeNamespace(admin);
      const proxy = await serveRest({
        nameOf(asked) {
          const { verb = '', resource = '' } = askedFor(asked) ?? {};
          return `${verb} ${resource}`;
        },
        async answer({ method, path, query, body }) {
          const json = body.length === 0 ? undefined : (JSON.parse(body.toString()) as unknown);
          const asked = { method: method as 'GET', path, query: Object.fromEntries(query), json };
          const { status, body: bytes } = await admin(asked, forever);
          if (status === 201) {
            const { metadata } = JSON.parse(bytes.toString()) as Job;
            const runId = metadata.annotations?.['dray/run-id'] ?? '';
            made.push({ runId, remoteId: metadata.name, state: 'RUNNING' });
          }
          return { status, bytes, headers: { 'content-type': 'application/json' } };
        },
        throttled: statusAnswer(429, 'TooManyRequests', 'too many requests'),
        failed: statusAnswer(500, 'InternalError', 'etcdserver: leader changed'),
      });
      const twin = {
        ...proxy,
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]();
          await cluster[Symbol.asyncDispose]();
          rmSync(folder, { recursive: true });
        },
      };
      const settings = parseConfig(kubernetesSettings, { namespace: 'promos', image: 'job:1' });
      const call = clientFor(folder, proxy.endpoint, cluster.tokens.admin);
      return {
        twin,
        open: () => kubernetesSubmitter({ settings, call, clock }),
        hide: () => undefined,
        ...{ start: 'create jobs', list: 'get jobs', stopped: '' },
        ...({ isIdempotent: true, honoursToken: true } as const),
        startedFor: (runId) => made.filter((one) => one.runId === runId),
      };
    },
  );
});
