import { systemClock } from '../../../core/clock.ts';
import { startKubernetesTwin } from '../../twins/kubernetes.ts';
import { describeCluster } from './suite.ts';

const MANY = 10_000;

describeCluster('the twin of Kubernetes', async () => {
  const twin = await startKubernetesTwin({ clock: systemClock });
  return {
    server: twin.endpoint,
    tokens: twin.tokens,
    grant() {
      twin.behaviour.isGranted = true;
      return Promise.resolve();
    },
    limit(of, _, most = MANY) {
      twin.behaviour[of === 'jobs' ? 'maxJobs' : 'maxPods'] = most;
      return Promise.resolve();
    },
    deny(_, isOn) {
      twin.behaviour.denies = isOn;
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => twin[Symbol.asyncDispose](),
  };
});
