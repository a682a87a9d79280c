import { messageOf } from '../../core/errors.ts';
import { notAccepted, notDelivered } from '../../core/notification.ts';

/** How long a server may take to answer. */
const ANSWER_MS = 10_000;
/** Answers that another try may change. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
const SHOWN = 200;
/** Shorter parts of a URL are words. */
const SECRET_LENGTH = 8;

export interface Post {
  /** Who is asked, for messages: the URL may hold a secret. */
  readonly whom: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * Posts JSON.
 *
 * @returns the answer's text.
 * @throws JobError `NOTIFICATION_FAILED` where another try may help: no answer, 408, 425, 429, 5xx;
 *   `NOTIFICATION_REFUSED` for any other answer but 2xx, redirections too.
 */
export async function postJson(
  { whom, url, headers = {}, body }: Post,
  signal: AbortSignal,
): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
      // A redirected POST would become a GET, or carry its headers elsewhere.
      redirect: 'manual',
      signal: limited,
    });
    text = await response.text();
  } catch (error) {
    signal.throwIfAborted();
    throw notDelivered(`${whom} does not answer: ${reasonOf(error)}`, error);
  }
  if (response.ok) return text;
  const answer = `${whom} answered ${String(response.status)}: ${withoutSecrets(text, url).slice(0, SHOWN)}`;
  if (PASSING.has(response.status) || response.status >= 500) throw notDelivered(answer);
  throw notAccepted(answer, 'check the URL, the token and what may be posted there');
}

/** Servers repeat the path that they do not know, and in it is what makes the URL a secret. */
function withoutSecrets(text: string, url: string): string {
  const { pathname, searchParams } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values()];
  return parts
    .filter((part) => part.length >= SECRET_LENGTH)
    .reduce((clean, part) => clean.replaceAll(part, '***'), text);
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
