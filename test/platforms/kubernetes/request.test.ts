import type { V1Job } from '@kubernetes/client-node';
import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '../../../core/wire.ts';
import { type JobManifest, jobManifest, jobName } from '../../../platforms/kubernetes/request.ts';
import { kubernetesSettings } from '../../../platforms/kubernetes/settings.ts';
import { logLines } from '../../../platforms/kubernetes/log.ts';

/** The names in `Ours` that `Theirs` does not have, at any depth. */
type Unknown<Ours, Theirs> = Ours extends readonly (infer One)[]
  ? Theirs extends readonly (infer Other)[]
    ? Unknown<One, Other>
    : never
  : Ours extends object
    ? string extends keyof Ours
      ? never
      : {
          [Key in keyof Ours]-?: Key extends keyof Theirs
            ? Unknown<NonNullable<Ours[Key]>, NonNullable<Theirs[Key]>>
            : Key;
        }[keyof Ours]
    : never;

/** Does not compile with a name that is unknown: it then takes an argument. */
function knowsAll<Name>(...unknown: [Name] extends [never] ? [] : [Name]): boolean {
  return unknown.length === 0;
}

const BASE = { namespace: 'promos', image: 'dray-job:1' };
const SUBMISSION = {
  ...{ runId: 'daily:1', attempt: 2, job: 'load_promos', token: '0123456789abcdef'.repeat(4) },
  args: [['module_name', 'load_promos'], ['attempt', '2'], ['force']] as const,
};
const manifest = (settings: object = {}) =>
  jobManifest(parseConfig(kubernetesSettings, { ...BASE, ...settings }), SUBMISSION);

describe('a Job for Kubernetes', () => {
  it('has the fields that its own client knows', () => {
    expect(knowsAll<Unknown<JobManifest, V1Job>>()).toBe(true);
  });

  it('runs one pod once, not as root, and is known by token, run and attempt', () => {
    const { metadata, spec } = manifest();
    expect(metadata).toMatchObject({
      name: 'dray-0123456789abcdef0123456789abcdef01234567',
      labels: { 'dray/run-id': 'daily_1', 'dray/attempt': '2', 'dray/job': 'load_promos' },
      annotations: { 'dray/run-id': 'daily:1', 'dray/token': SUBMISSION.token },
    });
    // A label and the name of a pod have to hold it.
    expect(jobName(SUBMISSION.token).length + 6).toBeLessThanOrEqual(63);
    expect(spec).toMatchObject({
      ...{ backoffLimit: 0, parallelism: 1, completions: 1, podReplacementPolicy: 'Failed' },
      ...{ activeDeadlineSeconds: 28_800, ttlSecondsAfterFinished: 604_800 },
    });
    expect(spec.template.spec).toMatchObject({
      ...{ restartPolicy: 'Never', terminationGracePeriodSeconds: 60 },
      securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 },
      containers: [
        {
          args: ['--module_name', 'load_promos', '--attempt', '2', '--force'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    });
  });

  it('leaves user and time limit to the cluster where it is told to', () => {
    const { spec } = manifest({ run_as_user: 'cluster', timeout_minutes: 0 });
    expect(spec).not.toHaveProperty('activeDeadlineSeconds');
    expect(spec.template.spec.securityContext).toEqual({
      ...{ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
  });

  it('gives a variable as it is written', () => {
    const { spec } = manifest({ env: [{ name: 'A', value: '$(HOME) $x $$' }] });
    // Kubernetes makes one $ of two.
    expect(spec.template.spec.containers[0]?.env).toEqual([
      { name: 'A', value: '$$(HOME) $$x $$$$' },
    ]);
  });

  it('names everything that is wrong with its settings at once', () => {
    const wrong = {
      ...{ namespace: 'No', image: '', run_as_user: 0, keep_hours: 0, nope: 1 },
      env: [{ name: 'DB_PASSWORD', value: 'swordfish' }, { name: 'A' }],
      env_from: [{}],
      volumes: [{ name: 'a', mount_path: 'b' }],
      resources: { limits: { memory: '4 GB' } },
      options: { containers: [] },
    };
    let told = '';
    try {
      parseConfig(kubernetesSettings, wrong);
    } catch (error) {
      told = String(error);
    }
    const names = ['namespace', 'image', 'run_as_user', 'keep_hours', 'nope', 'env[0]', 'env[1]'];
    for (const name of [...names, 'env_from[0]', 'volumes[0]', 'memory', 'options']) {
      expect(told).toContain(name);
    }
    expect(told).not.toContain('swordfish');
  });

  it('puts the lines of a log in order, whose stamps have lost their zeros', () => {
    const text =
      '2017-06-12T02:00:00.67Z a\n2017-06-12T02:00:00.670001Z b c\n2017-06-12T02:00:01Z \n';
    const lines = logLines(text);
    expect(lines.map(({ line }) => line)).toEqual(['a', 'b c', '']);
    expect(lines.map(({ at }) => at).toSorted()).toEqual(lines.map(({ at }) => at));
  });
});
