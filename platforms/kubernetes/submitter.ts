import type { Clock } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { RemoteStatus, Submitter } from '../../core/submitter.ts';
import type { Kubernetes, KubernetesAnswer, KubernetesCall } from './client.ts';
import { isRefusal, kubernetesError } from './errors.ts';
import { CONTAINER, jobManifest, jobName, STOP_ANNOTATION, TOKEN_ANNOTATION } from './request.ts';
import { logLines, RESULT_LINE } from './log.ts';
import type { KubernetesSettings } from './settings.ts';
import { type Job, kubernetesStatus, type Pod } from './states.ts';

/** What the client waits for an answer, and the API server for its own store. */
export const ANSWER_MS = 30_000;
const SETTLE_MS = 60_000;
/** The result line is near the end of what a run prints. */
const LAST_LINES = '100';
const LOG_BYTES = String(16 * 1024 * 1024);

export interface KubernetesPlace {
  readonly settings: KubernetesSettings;
  readonly call: Kubernetes;
  readonly clock: Clock;
}

interface ClusterEvent {
  readonly type?: string;
  readonly message?: string;
}

/**
 * Sends a run as a Job. Its name is made of the token, so that the API server itself refuses a second one
 * for as long as the Job is there: to stop it is to end it, and not to delete it.
 */
export function kubernetesSubmitter({
  settings,
  call,
  clock,
}: KubernetesPlace): Submitter & Disposable {
  const { namespace } = settings;
  const what = `the namespace "${namespace}"`;
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const core = `/api/v1/namespaces/${namespace}`;
  /** The pod of each run, as it was seen last. */
  const pods = new Map<string, string>();
  const failed = (answer: KubernetesAnswer) => kubernetesError(answer, what);
  /** What the API server does not know is refused, where it would be left out without a word. */
  const creation = (submission: Parameters<typeof jobManifest>[1]) => {
    const json = jobManifest(settings, submission);
    const query = { fieldValidation: 'Strict' };
    return { method: 'POST', path: jobs, query, json } as const satisfies KubernetesCall;
  };

  async function done<T>(asked: KubernetesCall, signal: AbortSignal): Promise<T> {
    const answer = await call(asked, signal);
    if (answer.status !== 200) throw failed(answer);
    return parsed(answer) as T;
  }

  async function jobOf(name: string, signal: AbortSignal): Promise<Job | undefined> {
    const answer = await call({ method: 'GET', path: `${jobs}/${name}` }, signal);
    if (answer.status === 200) return parsed(answer) as Job;
    if (answer.status === 404) return undefined;
    throw failed(answer);
  }

  async function podOf(name: string, signal: AbortSignal): Promise<Pod | undefined> {
    const query = { labelSelector: `job-name=${name}` };
    const asked = { method: 'GET', path: `${core}/pods`, query } as const;
    const { items } = await done<{ readonly items: readonly Pod[] }>(asked, signal);
    // One that still works comes before all that have ended.
    const ended = (pod: Pod) => Number(/Succeeded|Failed/.test(pod.status?.phase ?? ''));
    const [pod] = items.toSorted((a, b) => ended(a) - ended(b));
    if (pod !== undefined) pods.set(name, pod.metadata.name);
    return pod;
  }

  /** Why no pod was made: a quota, an account that is not there, a policy. */
  async function whyNoPod(name: string, signal: AbortSignal): Promise<string | undefined> {
    const query = { fieldSelector: `involvedObject.kind=Job,involvedObject.name=${name}` };
    const answer = await call({ method: 'GET', path: `${core}/events`, query }, signal);
    // Whoever may not see events is told less.
    if (answer.status !== 200) return undefined;
    const { items } = parsed(answer) as { readonly items: readonly ClusterEvent[] };
    return items.findLast(({ type }) => type === 'Warning')?.message;
  }

  /** Ends a Job at once, with its pods, as one that took too long. It keeps its name, and says why. */
  async function stop(name: string, why: string, signal: AbortSignal): Promise<void> {
    const json = {
      metadata: { annotations: { [STOP_ANNOTATION]: `${clock.now().toISOString()}${why}` } },
      spec: { activeDeadlineSeconds: 0 },
    };
    const answer = await call({ method: 'PATCH', path: `${jobs}/${name}`, json }, signal);
    if (answer.status !== 200 && answer.status !== 404) throw failed(answer);
  }

  async function status(name: string, signal: AbortSignal): Promise<RemoteStatus> {
    const job = await jobOf(name, signal);
    if (job === undefined) {
      throw new JobError('REMOTE_LOST', `${what} has no Job "${name}" any more`, {
        hint: 'somebody has deleted it, or keep_hours are over; a retry finds what it has loaded',
      });
    }
    const pod = await podOf(name, signal);
    const found = kubernetesStatus(job, pod);
    if (found.state !== 'PENDING' || found.platformState === 'Suspended') return found;
    const message = found.message ?? (pod === undefined ? await whyNoPod(name, signal) : undefined);
    const told = message === undefined ? found : { ...found, message };
    const { startWithinMinutes } = settings;
    const since = Date.parse((pod ?? job).metadata.creationTimestamp ?? '');
    const isLate = clock.now().getTime() - since > startWithinMinutes * 60_000;
    if (startWithinMinutes === 0 || !isLate) return told;
    const reason = `${told.platformState}${message === undefined ? '' : ` (${message})`}`;
    await stop(
      name,
      `: not started within ${String(startWithinMinutes)} minutes: ${reason}`,
      signal,
    );
    return { ...told, state: 'STOPPING' };
  }

  async function logOf(
    name: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const pod = pods.get(name) ?? (await podOf(name, signal))?.metadata.name;
    if (pod === undefined) return undefined;
    const path = `${core}/pods/${pod}/log`;
    const full = { container: CONTAINER, limitBytes: LOG_BYTES, ...query };
    const answer = await call({ method: 'GET', path, query: full }, signal);
    // 204: it has printed nothing yet.
    if (answer.status === 200 || answer.status === 204) return answer.body.toString();
    // It has not started, or is gone.
    if (answer.status === 400 || answer.status === 404) return undefined;
    throw failed(answer);
  }

  return {
    name: 'Kubernetes',
    settleMs: ANSWER_MS + SETTLE_MS,
    honoursToken: true,

    requests(submission) {
      const { path, json } = creation(submission);
      return [{ operation: `POST ${path}`, body: json }];
    },

    async prepare(submission, signal) {
      jobManifest(settings, submission);
      const { serviceAccount } = settings;
      if (serviceAccount === undefined) return;
      const path = `${core}/serviceaccounts/${serviceAccount}`;
      const { status: found } = await call({ method: 'GET', path }, signal);
      // Who submits need not be able to see accounts.
      if (found !== 404) return;
      throw new JobError('SUBMIT_REFUSED', `${what} has no service account "${serviceAccount}"`, {
        hint: 'check "service_account", "namespace" and "context"; no pod would ever start',
      });
    },

    async start(submission, signal) {
      const name = jobName(submission.token);
      const answer = await call(creation(submission), signal);
      if (answer.status === 201) return { remoteId: name };
      if (answer.status === 409) {
        const there = await jobOf(name, signal);
        if (there?.metadata.annotations?.[TOKEN_ANNOTATION] === submission.token) {
          return { remoteId: name };
        }
        // Deleted since: the next call makes it anew.
        if (there === undefined) throw unsettled(failed(answer));
        return { refused: failed(answer) };
      }
      if (isRefusal(answer)) return { refused: failed(answer) };
      throw failed(answer);
    },

    async find(token, _, signal) {
      const name = jobName(token);
      const job = await jobOf(name, signal);
      return job?.metadata.annotations?.[TOKEN_ANNOTATION] === token
        ? { remoteId: name }
        : undefined;
    },

    status,

    async requestCancel(remoteId, signal) {
      const job = await jobOf(remoteId, signal);
      if (job === undefined) return;
      const { conditions = [] } = job.status ?? {};
      const isOver = conditions.some(
        ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
      );
      if (!isOver) await stop(remoteId, '', signal);
    },

    async logs(remoteId, cursor, signal) {
      const since = cursor === undefined ? {} : { sinceTime: cursor.replace(/\.\d+Z$/, 'Z') };
      const text = await logOf(remoteId, { timestamps: 'true', ...since }, signal);
      if (text === undefined) return { lines: [], ...(cursor === undefined ? {} : { cursor }) };
      // `sinceTime` has whole seconds, and gives lines again.
      const stamped = logLines(text).filter(({ at }) => cursor === undefined || at > cursor);
      const last = stamped.at(-1)?.at ?? cursor;
      return {
        lines: stamped.map(({ line }) => line).filter((line) => !line.startsWith(RESULT_LINE)),
        ...(last === undefined ? {} : { cursor: last }),
      };
    },

    async resultLine(remoteId, signal) {
      const text = await logOf(remoteId, { tailLines: LAST_LINES }, signal);
      return text?.split('\n').findLast((line) => line.startsWith(RESULT_LINE));
    },

    [Symbol.dispose]: () => undefined,
  };
}

function unsettled({ message }: JobError): JobError {
  return new JobError('PLATFORM_UNAVAILABLE', message, {
    hint: 'a Job of that name is being deleted; submit the same run again',
  });
}

function parsed({ body }: KubernetesAnswer): unknown {
  return JSON.parse(body.toString());
}
