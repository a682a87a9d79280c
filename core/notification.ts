import { z } from 'zod';
import { JobError } from './errors.ts';

export const NOTIFICATION_EVENTS = ['failed', 'success', 'data_quality'] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** What a notification knows of its run; templates name them in braces: `{job}`. */
export const FACTS = [
  ...(['event', 'job', 'run_id', 'attempt', 'window', 'created_by', 'service_provider'] as const),
  ...(['engine', 'source', 'read', 'loaded', 'quarantined', 'filtered', 'dropped'] as const),
  ...([
    'deduplicated',
    'sinks',
    'quarantine',
    'warnings',
    'error_code',
    'error',
    'hint',
    'report',
  ] as const),
] as const;
export type Fact = (typeof FACTS)[number];
/** Facts as text; empty where the run does not have it. */
export type Facts = Readonly<Record<Fact, string>>;

/** Something to tell people about a run. */
export interface Notification {
  /** The same for every try, and for every attempt of a run that would say the same again. */
  readonly id: string;
  readonly event: NotificationEvent;
  readonly job: string;
  readonly runId: string;
  readonly facts: Facts;
}

/** Subject and message of a notification, where config does not write its own. */
const TEMPLATES: Readonly<Record<NotificationEvent, { subject: string; message: string }>> = {
  success: {
    subject: '{job} loaded {window}',
    message: 'run {run_id} of {job} has completed for {window}\n\n{sinks}',
  },
  failed: {
    subject: '{job} failed: {error_code}',
    message:
      'run {run_id} of {job}, attempt {attempt}, has failed for {window}\n\n{error_code}: {error}\nwhat to do next: {hint}',
  },
  data_quality: {
    subject: '{job}: look at the data',
    message:
      'run {run_id} of {job} for {window}: {quarantined} rows quarantined\n{quarantine}\n{warnings}\n{error}',
  },
};

const PLACEHOLDER = /\{([a-z_]+)\}/g;

/** A text with facts in braces, as config has it. */
export const template = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const unknown = [...text.matchAll(PLACEHOLDER)]
      .map(([, name = '']) => name)
      .find((name) => !isFact(name));
    if (unknown === undefined) return;
    context.addIssue({
      code: 'custom',
      message: `there is no {${unknown}}; known are ${FACTS.map((fact) => `{${fact}}`).join(', ')}`,
    });
  });

/** What a config may write in the place of the usual words. */
export interface Wording {
  readonly subject?: string | undefined;
  readonly message?: string | undefined;
}

/** The words of a notification: the config's, else the usual ones for its event. */
export function wordsOf(
  { event, facts }: Notification,
  own: Wording,
): { readonly subject: string; readonly message: string } {
  const usual = TEMPLATES[event];
  return {
    // One line, whatever a fact holds: it becomes a header of a mail.
    subject: fill(own.subject ?? usual.subject, facts)
      .replaceAll(/\s+/g, ' ')
      .trim(),
    message: fill(own.message ?? usual.message, facts).trim(),
  };
}

function fill(text: string, facts: Facts): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) =>
    isFact(name) ? facts[name] : whole,
  );
}

function isFact(name: string): name is Fact {
  return FACTS.some((fact) => fact === name);
}

/** A notification that may arrive with another try. */
export function notDelivered(what: string, cause?: unknown): JobError {
  return new JobError('NOTIFICATION_FAILED', what, {
    hint: 'it is tried again, at the latest by the next run of the job in this run store',
    cause,
  });
}

/** A notification that nobody takes as it is. */
export function notAccepted(what: string, hint: string, cause?: unknown): JobError {
  return new JobError('NOTIFICATION_REFUSED', what, { hint, cause });
}
