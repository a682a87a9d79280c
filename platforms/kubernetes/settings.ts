import { z } from 'zod';
import { isSecretKey } from '../../core/redact.ts';

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'a name of Kubernetes: a-z, 0-9, "-" and "."');
const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?$/, 'a quantity of Kubernetes: "500m", "2", "4Gi"');
const s3Folder = z.string().regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable');
const texts = z.record(z.string().min(1), z.string());

const amounts = z.strictObject({
  cpu: quantity.optional(),
  memory: quantity.optional(),
  ephemeralStorage: quantity.optional(),
});

/** A variable of the container: a value that everybody may see, or the place of one. */
const env = z
  .strictObject({
    name: variable,
    value: z.string().optional(),
    /** A Secret or ConfigMap of the namespace, and its `key`. */
    secret: name.optional(),
    configMap: name.optional(),
    key: z.string().min(1).optional(),
    /** Of the pod, as the downward API has it: `status.hostIP`. */
    field: z.string().min(1).optional(),
  })
  .refine(
    ({ value, secret, configMap, field }) => count([value, secret, configMap, field]) === 1,
    'set one of "value", "secret", "config_map" and "field"',
  )
  .refine(
    ({ secret, configMap, key }) => (key !== undefined) === (count([secret, configMap]) === 1),
    '"key" belongs to "secret" or "config_map"',
  )
  .refine(
    ({ name: of, value }) => value === undefined || !isSecretKey(of),
    'everybody who may see the Job would see this secret: name a Secret with "secret" and "key"',
  );

const envFrom = z
  .strictObject({
    secret: name.optional(),
    configMap: name.optional(),
    prefix: z.string().min(1).optional(),
  })
  .refine(
    ({ secret, configMap }) => count([secret, configMap]) === 1,
    'set one of "secret" and "config_map"',
  );

const volume = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a-z, 0-9 and "-"'),
    mountPath: z.string().regex(/^\/[^:]*$/, 'an absolute path'),
    subPath: z.string().min(1).optional(),
    readOnly: z.boolean().default(false),
    /** A PersistentVolumeClaim that is there. */
    claim: name.optional(),
    configMap: name.optional(),
    secret: name.optional(),
    emptyDir: z
      .strictObject({ sizeLimit: quantity.optional(), medium: z.literal('Memory').optional() })
      .optional(),
    /** A volume made for this pod alone: room for what DuckDB spills. */
    ephemeral: z.strictObject({ size: quantity, storageClass: name.optional() }).optional(),
    /** A folder of the node; most clusters forbid it. */
    hostPath: z.string().regex(/^\//, 'an absolute path').optional(),
  })
  .refine(
    ({ claim, configMap, secret, emptyDir, ephemeral, hostPath }) =>
      count([claim, configMap, secret, emptyDir, ephemeral, hostPath]) === 1,
    'set one of "claim", "config_map", "secret", "empty_dir", "ephemeral" and "host_path"',
  );

const toleration = z.strictObject({
  key: z.string().min(1).optional(),
  operator: z.enum(['Exists', 'Equal']).default('Equal'),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().min(0).optional(),
});

/** What of a pod's spec dray sets itself. */
const OURS = [
  ...['containers', 'volumes', 'restartPolicy', 'terminationGracePeriodSeconds'],
  ...['serviceAccountName', 'automountServiceAccountToken', 'securityContext'],
  ...['nodeSelector', 'tolerations', 'imagePullSecrets', 'priorityClassName'],
  ...['enableServiceLinks', 'activeDeadlineSeconds'],
];

/** What a run on Kubernetes needs beside the job's own config. */
export const kubernetesSettings = z.strictObject({
  /** Files as `KUBECONFIG` has them; default: that variable, `~/.kube/config`, the pod's own account. */
  kubeconfig: z.string().min(1).optional(),
  /** Of the kubeconfig; default: its current one. */
  context: z.string().min(1).optional(),
  namespace: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a name of a namespace'),
  image: z.string().min(1),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  imagePullSecrets: z.array(name).default([]),
  /** What runs in the place of the image's entry. */
  command: z.array(z.string().min(1)).min(1).optional(),
  serviceAccount: name.optional(),
  /** Gives the run the token of its account, for Spark that starts executors by itself. */
  mountToken: z.boolean().default(false),
  resources: z
    .strictObject({ requests: amounts.default({}), limits: amounts.default({}) })
    .default({ requests: {}, limits: {} }),
  env: z.array(env).default([]),
  envFrom: z.array(envFrom).default([]),
  volumes: z.array(volume).default([]),
  nodeSelector: texts.default({}),
  tolerations: z.array(toleration).default([]),
  priorityClass: name.optional(),
  labels: texts.default({}),
  annotations: texts.default({}),
  /** `cluster`: as the cluster gives it, as OpenShift does. */
  runAsUser: z.union([z.int().min(1), z.literal('cluster')]).default(1000),
  /** Further fields of the pod's spec as Kubernetes has them, such as `affinity`. */
  options: z
    .record(z.string(), z.unknown())
    .refine(
      (fields) => !Object.keys(fields).some((field) => OURS.includes(field)),
      `dray sets these itself: ${OURS.join(', ')}`,
    )
    .default({}),
  /** How long a stopped run may take to end in order before it is killed. */
  stopGraceS: z.int().min(1).max(3600).default(60),
  /** The cluster ends a run that takes longer; 0: none. */
  timeoutMinutes: z.int().min(0).max(43_200).default(480),
  /** A run that has not started by then is stopped by whoever follows it; 0: never. */
  startWithinMinutes: z.int().min(0).max(10_080).default(30),
  /** How long the cluster keeps a run that has ended, and its name taken. */
  keepHours: z.int().min(1).max(8_760).default(168),
  /** How long to wait while a quota of the namespace is used up. */
  waitForRoomS: z.int().min(0).max(86_400).default(0),
  /** Folder in S3 that gets the result line of each attempt; default: it is taken from the pod's log. */
  resultPrefix: s3Folder.optional(),
  /** Folder in S3 for configs that are too long for arguments; default `result_prefix`. */
  artifacts: s3Folder.optional(),
});
export type KubernetesSettings = z.output<typeof kubernetesSettings>;

function count(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}
