import type { Submission } from '../../core/submitter.ts';
import { assertArrives } from '../envelope.ts';
import type { KubernetesSettings } from './settings.ts';

export const CONTAINER = 'dray';
/** The whole token; the name has the first of it. */
export const TOKEN_ANNOTATION = 'dray/token';
/** When somebody has asked for the end of the run, and why. */
export const STOP_ANNOTATION = 'dray/stopped';
/** Of 64: the names of a Job's pods are longer by six, and have to be labels. */
const NAME_DIGITS = 40;
const LABEL_LENGTH = 63;

/** The Job's name: the API server itself refuses a second one. */
export function jobName(token: string): string {
  return `dray-${token.slice(0, NAME_DIGITS)}`;
}

/**
 * The Job of one attempt: one pod, never a second one.
 *
 * @throws JobError `ARGUMENTS_INVALID` for arguments that would not arrive.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/
 */
export function jobManifest(settings: KubernetesSettings, submission: Submission) {
  const { namespace, timeoutMinutes, keepHours } = settings;
  const { runId, attempt, job, token } = submission;
  const labels = {
    ...settings.labels,
    'app.kubernetes.io/name': 'dray',
    'app.kubernetes.io/managed-by': 'dray',
    'dray/job': labelOf(job),
    'dray/run-id': labelOf(runId),
    'dray/attempt': String(attempt),
    'dray/token': token.slice(0, NAME_DIGITS),
  };
  const annotations = {
    ...settings.annotations,
    'dray/run-id': runId,
    [TOKEN_ANNOTATION]: token,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(token), namespace, labels, annotations },
    spec: {
      ...{ parallelism: 1, completions: 1 },
      // A pod of Kubernetes' own making would be the same attempt again, behind our back.
      ...{ backoffLimit: 0, podReplacementPolicy: 'Failed' },
      podFailurePolicy: {
        // So that the Job itself says why: a pod that was evicted is soon gone.
        rules: [
          { action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailJob',
            onExitCodes: { containerName: CONTAINER, operator: 'NotIn', values: [0] },
          },
        ],
      },
      ...(timeoutMinutes === 0 ? {} : { activeDeadlineSeconds: timeoutMinutes * 60 }),
      ttlSecondsAfterFinished: keepHours * 3600,
      template: { metadata: { labels, annotations }, spec: podSpec(settings, submission) },
    },
  };
}
export type JobManifest = ReturnType<typeof jobManifest>;

function podSpec(settings: KubernetesSettings, { args }: Submission) {
  const { image, imagePullPolicy, command, resources, runAsUser, mountToken } = settings;
  const words = args.flatMap(([flag, value]) => [
    `--${flag}`,
    ...(value === undefined ? [] : [value]),
  ]);
  assertArrives('kubernetes', words, []);
  const user = runAsUser === 'cluster' ? {} : { runAsUser, runAsGroup: runAsUser };
  return {
    ...settings.options,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: settings.stopGraceS,
    ...optional('serviceAccountName', settings.serviceAccount),
    automountServiceAccountToken: mountToken,
    // A service called "dray" would set variables that dray reads.
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      ...user,
      // What is mounted is writable for the image's user.
      ...(runAsUser === 'cluster' ? {} : { fsGroup: runAsUser }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })),
    nodeSelector: settings.nodeSelector,
    tolerations: settings.tolerations,
    ...optional('priorityClassName', settings.priorityClass),
    volumes: settings.volumes.map(volumeOf),
    containers: [
      {
        name: CONTAINER,
        image,
        ...optional('imagePullPolicy', imagePullPolicy),
        ...optional('command', command),
        args: words,
        env: settings.env.map(variableOf),
        envFrom: settings.envFrom.map(({ secret, configMap, prefix }) => ({
          ...optional('prefix', prefix),
          ...(secret === undefined
            ? { configMapRef: { name: configMap } }
            : { secretRef: { name: secret } }),
        })),
        resources: { requests: amounts(resources.requests), limits: amounts(resources.limits) },
        volumeMounts: settings.volumes.map(({ name, mountPath, subPath, readOnly }) => ({
          ...{ name, mountPath, readOnly },
          ...optional('subPath', subPath),
        })),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  };
}

function volumeOf(volume: KubernetesSettings['volumes'][number]) {
  const { name, claim, configMap, secret, emptyDir, ephemeral, hostPath } = volume;
  if (claim !== undefined) return { name, persistentVolumeClaim: { claimName: claim } };
  if (configMap !== undefined) return { name, configMap: { name: configMap } };
  if (secret !== undefined) return { name, secret: { secretName: secret } };
  if (hostPath !== undefined) return { name, hostPath: { path: hostPath } };
  if (ephemeral === undefined) return { name, emptyDir: emptyDir ?? {} };
  const { size, storageClass } = ephemeral;
  const spec = {
    ...{ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } },
    ...optional('storageClassName', storageClass),
  };
  return { name, ephemeral: { volumeClaimTemplate: { spec } } };
}

function variableOf(variable: KubernetesSettings['env'][number]) {
  const { name, value, secret, configMap, key, field } = variable;
  if (value !== undefined) return { name, value: literal(value) };
  if (field !== undefined) return { name, valueFrom: { fieldRef: { fieldPath: field } } };
  return secret === undefined
    ? { name, valueFrom: { configMapKeyRef: { name: configMap, key } } }
    : { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/** As Kubernetes gives it back: it would put another variable in the place of `$(NAME)`. */
function literal(value: string): string {
  return value.replaceAll('$', '$$$$');
}

function amounts({ cpu, memory, ephemeralStorage }: KubernetesSettings['resources']['limits']) {
  return {
    ...optional('cpu', cpu),
    ...optional('memory', memory),
    ...optional('ephemeral-storage', ephemeralStorage),
  };
}

/** The nearest that a label can be; the annotation has the whole. */
function labelOf(text: string): string {
  const allowed = text.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(0, LABEL_LENGTH);
  return allowed.replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined) {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
}
