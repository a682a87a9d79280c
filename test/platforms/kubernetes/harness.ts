import type { Kubernetes } from '../../../platforms/kubernetes/client.ts';

export interface ClusterHarness extends AsyncDisposable {
  readonly server: string;
  /** Of somebody who may do everything, and of the account that docs/submit.md has a Role for. */
  readonly tokens: { readonly admin: string; readonly submitter: string };
  /** Gives the second one that Role. */
  grant(admin: Kubernetes): Promise<void>;
  /** Sets a quota of the namespace; undefined: none. */
  limit(of: 'jobs' | 'pods', admin: Kubernetes, most: number | undefined): Promise<void>;
  /** Makes a policy refuse Jobs. */
  deny(admin: Kubernetes, isOn: boolean): Promise<void>;
}

export const IMAGE = 'registry.test/job:1';
export const BASE = { namespace: 'promos', image: IMAGE, stop_grace_s: 5, start_within_minutes: 0 };

/** Everything that a setting can put into a manifest. */
export const EVERYTHING = {
  ...{ ...BASE, image_pull_policy: 'IfNotPresent', image_pull_secrets: ['registry'] },
  resources: {
    requests: { cpu: '500m', memory: '64Mi', ephemeral_storage: '1Gi' },
    limits: { memory: '1Gi' },
  },
  env: [
    { name: 'AWS_REGION', value: 'eu-central-1' },
    { name: 'DB_PASSWORD', secret: 'db', key: 'password' },
    { name: 'LEVEL', config_map: 'levels', key: 'level' },
    { name: 'HOST_IP', field: 'status.hostIP' },
  ],
  env_from: [{ secret: 'more', prefix: 'X_' }, { config_map: 'most' }],
  volumes: [
    { name: 'lake', mount_path: '/lake', claim: 'lake', sub_path: 'a', read_only: true },
    { name: 'config', mount_path: '/config', config_map: 'config' },
    { name: 'keys', mount_path: '/keys', secret: 'keys' },
    { name: 'fast', mount_path: '/fast', empty_dir: { size_limit: '1Gi', medium: 'Memory' } },
    { name: 'spill', mount_path: '/tmp', ephemeral: { size: '5Gi', storage_class: 'gp3' } },
  ],
  ...{ node_selector: { 'kubernetes.io/arch': 'amd64' }, priority_class: 'batch' },
  tolerations: [{ key: 'data', operator: 'Exists', effect: 'NoExecute', toleration_seconds: 9 }],
  ...{ labels: { team: 'promos' }, annotations: { 'example.com/owner': 'promos@example.com' } },
  options: {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
  },
};

/** An API server leaves out what is empty. */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const isEmpty = (one: unknown) =>
    one === false || (typeof one === 'object' && one !== null && Object.keys(one).length === 0);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => !isEmpty(one))
      .map(([key, one]) => [key, withoutEmpty(one)]),
  );
}
