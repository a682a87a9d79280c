import { type ErrorCode, JobError } from '../../core/errors.ts';
import type { KubernetesAnswer } from './client.ts';

type Entry = readonly [answer: RegExp, code: ErrorCode, hint: string];

/** By status, reason and message of an answer, in this order; the first match decides. */
const KNOWN: readonly Entry[] = [
  [
    /^403 .*exceeded quota/,
    'PLATFORM_BUSY',
    'wait for other runs, set wait_for_room_s, or have the quota of the namespace raised',
  ],
  [
    /admission webhook .* denied|ValidatingAdmissionPolicy|violates PodSecurity/,
    'SUBMIT_REFUSED',
    'a policy of the cluster refuses the Job and says why; --print shows what was sent',
  ],
  [
    /^401 /,
    'PLATFORM_DENIED',
    'the credentials of this context are not valid any more: log in to the cluster again',
  ],
  [
    /^404 NotFound namespaces |because it is being terminated/,
    'SUBMIT_REFUSED',
    'check "namespace" and "context"',
  ],
  [
    /^403 /,
    'PLATFORM_DENIED',
    'docs/submit.md has the Role that the account which submits has to be bound to',
  ],
  [
    /^(404|3\d\d) /,
    'SUBMIT_REFUSED',
    'check the cluster of the context: its server has to be an API server of Kubernetes 1.29 or newer',
  ],
  [
    /^409 AlreadyExists /,
    'SUBMIT_REFUSED',
    'that Job is not of this attempt: delete it, or submit the next attempt with --retry',
  ],
];
const MOST_RETRY_AFTER_S = 300;

/** The `Status` that every answer of an API server has which is an error. */
function statusOf({ body }: KubernetesAnswer): { reason: string; message: string } {
  const text = body.toString();
  try {
    const { reason, message } = JSON.parse(text) as { reason?: unknown; message?: unknown };
    return {
      reason: typeof reason === 'string' ? reason : '',
      message: typeof message === 'string' ? message.slice(0, 1_000) : '',
    };
  } catch {
    // A proxy in between, or no API server at all.
    return { reason: '', message: text.trim().slice(0, 200) };
  }
}

/** An answer that is an error, as a user has to understand it. */
export function kubernetesError(answer: KubernetesAnswer, what: string): JobError {
  const { status, retryAfter = '' } = answer;
  const { reason, message: said } = statusOf(answer);
  const message = `${what}: Kubernetes answered ${[String(status), reason].join(' ').trim()}: ${said}`;
  if (!isRefusal(answer) || status === 429) {
    const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : 0;
    return new JobError('PLATFORM_UNAVAILABLE', message, {
      hint: 'submit the same run again later; the API server is busy or failing',
      retryAfterMs: Math.min(seconds, MOST_RETRY_AFTER_S) * 1000,
    });
  }
  const told = `${String(status)} ${reason} ${said}`;
  const [, code, hint] = KNOWN.find(([pattern]) => pattern.test(told)) ?? [];
  return new JobError(code ?? 'SUBMIT_REFUSED', message, {
    hint: hint ?? 'correct the settings; --print shows the manifest',
  });
}

/** Whether the answer rules out that the call has done anything. */
export function isRefusal({ status }: KubernetesAnswer): boolean {
  return status < 500 && status !== 408;
}
