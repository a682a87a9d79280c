import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeKubeconfig } from './account.ts';

/** Folder with `etcd`, `kube-apiserver` and `kube-controller-manager`: CONTRIBUTING.md. */
const PROGRAMS = process.env['DRAY_TEST_KUBERNETES'] ?? '';
export const withoutCluster =
  PROGRAMS === '' ? ' (skipped: no API server of Kubernetes in DRAY_TEST_KUBERNETES)' : '';

const CONTROLLERS = [
  ...['job-controller', 'garbage-collector-controller', 'serviceaccount-controller'],
  ...['resourcequota-controller', 'namespace-controller', 'ttl-after-finished-controller'],
  'pod-garbage-collector-controller',
];
const READY_MS = 60_000;

export interface Cluster extends AsyncDisposable {
  readonly server: string;
  /** Of somebody who may do everything, and of somebody who has no rights yet. */
  readonly tokens: { readonly admin: string; readonly submitter: string };
}

/** An API server of Kubernetes with its store and its controllers; without a node. */
export async function startCluster(folder: string): Promise<Cluster> {
  await mkdir(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const [client, peer, secure, manager] = await Promise.all([port(), port(), port(), port()]);
  const tokens = { admin: 'admin-token', submitter: 'submitter-token' };
  const users = `${tokens.admin},admin,admin,system:masters\n${tokens.submitter},dray,dray\n`;
  await writeFile(at('tokens.csv'), users);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(at('sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  const server = `https://127.0.0.1:${String(secure)}`;
  await mkdir(at('admin'), { recursive: true });
  const kubeconfig = writeKubeconfig(at('admin'), server, { token: tokens.admin });
  const programs: ChildProcess[] = [];
  const start = (program: string, options: Readonly<Record<string, string>>) => {
    const log = openSync(at(`${program}.log`), 'w');
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(join(PROGRAMS, program), args, { stdio: ['ignore', log, log] });
    programs.push(child);
  };

  const etcd = `http://127.0.0.1:${String(client)}`;
  const peers = `http://127.0.0.1:${String(peer)}`;
  start('etcd', {
    ...{ 'data-dir': at('etcd'), 'unsafe-no-fsync': 'true' },
    ...{ 'listen-client-urls': etcd, 'advertise-client-urls': etcd },
    ...{ 'listen-peer-urls': peers, 'initial-advertise-peer-urls': peers },
    'initial-cluster': `default=${peers}`,
  });
  start('kube-apiserver', {
    ...{ 'etcd-servers': etcd, 'cert-dir': at('certificates'), 'authorization-mode': 'RBAC' },
    ...{ 'bind-address': '127.0.0.1', 'secure-port': String(secure) },
    ...{ 'token-auth-file': at('tokens.csv'), 'service-account-key-file': at('sa.key') },
    ...{ 'service-account-signing-key-file': at('sa.key') },
    ...{ 'service-account-issuer': server, 'service-cluster-ip-range': '10.96.0.0/24' },
  });
  await ready(server, tokens.admin);
  start('kube-controller-manager', {
    ...{ kubeconfig, controllers: CONTROLLERS.join(','), 'leader-elect': 'false' },
    ...{ 'bind-address': '127.0.0.1', 'secure-port': String(manager) },
    'service-account-private-key-file': at('sa.key'),
  });
  return {
    ...{ server, tokens },
    async [Symbol.asyncDispose]() {
      for (const child of programs.toReversed()) {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      }
    },
  };
}

async function ready(server: string, token: string): Promise<void> {
  const asking = ['--silent', '--insecure', '--header', `Authorization: Bearer ${token}`];
  for (let waited = 0; waited < READY_MS; waited += 250) {
    try {
      const url = `${server}/readyz`;
      if (execFileSync('curl', [...asking, url], { encoding: 'utf8' }) === 'ok') return;
    } catch {
      // It does not listen yet.
    }
    await wait(250);
  }
  throw new Error('the API server has not started; see its log');
}

async function port(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return free;
}
