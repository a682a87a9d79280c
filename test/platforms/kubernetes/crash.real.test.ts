import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { parseConfig } from '../../../core/wire.ts';
import { kubernetesSettings } from '../../../platforms/kubernetes/settings.ts';
import { kubernetesSubmitter } from '../../../platforms/kubernetes/submitter.ts';
import { clientFor } from '../../kubernetes/account.ts';
import { startKubernetesTwin } from '../../twins/kubernetes.ts';
import { describeSubmitOnce } from '../submit-once-suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'dray-kubernetes-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describeSubmitOnce('Kubernetes', async (clock) => {
  const twin = await startKubernetesTwin({ clock });
  const settings = parseConfig(kubernetesSettings, { namespace: 'promos', image: 'dray-job:test' });
  const call = clientFor(folder, twin.endpoint, twin.tokens.admin);
  return {
    twin,
    open: () => kubernetesSubmitter({ settings, call, clock }),
    // Whoever gets a Job by its name gets it at once.
    hide: () => undefined,
    ...{ start: 'create jobs', list: 'get jobs', stopped: '' },
    ...({ isIdempotent: true, honoursToken: true } as const),
    startedFor: (runId) =>
      twin.made
        .filter(({ metadata }) => metadata.annotations?.['dray/run-id'] === runId)
        .map(({ metadata }) => ({ remoteId: metadata.name, state: 'RUNNING' })),
  };
});
