import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Kubernetes, kubernetes } from '../../platforms/kubernetes/client.ts';

/** A kubeconfig with one context, `test`, in a folder; returns its path. */
export function writeKubeconfig(folder: string, server: string, user: object): string {
  const path = join(folder, 'kubeconfig');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** A client with a token, as a kubeconfig gives it. */
export function clientFor(folder: string, server: string, token: string): Kubernetes {
  const kubeconfig = writeKubeconfig(folder, server, { token });
  return kubernetes({ kubeconfig, env: {} }, 30_000);
}
