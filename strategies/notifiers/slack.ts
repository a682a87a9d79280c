import { z } from 'zod';
import { notAccepted, notDelivered, template, wordsOf } from '../../core/notification.ts';
import { parseSecret } from '../../core/secrets.ts';
import { defineNotifier } from '../../core/strategy.ts';
import { postJson } from './http.ts';

/**
 * Errors of the Web API that pass.
 *
 * @see https://docs.slack.dev/reference/methods/chat.postMessage#errors
 */
const PASSING: ReadonlySet<string> = new Set([
  ...['ratelimited', 'rate_limited', 'request_timeout', 'service_unavailable'],
  ...['internal_error', 'fatal_error', 'team_added_to_org'],
]);

const answerSchema = z.looseObject({ ok: z.boolean(), error: z.string().optional() });

/** Writes to a Slack channel: through an incoming webhook, or the Web API with a bot's token. */
export const slackNotifier = defineNotifier({
  config: z
    .strictObject({
      notificationService: z.literal('SLACK'),
      webhookUrl: z.string().min(1).optional(),
      token: z.string().min(1).optional(),
      channel: z.string().min(1).optional(),
      /** Where the Web API is. */
      apiUrl: z.url().default('https://slack.com/api'),
      subject: template.optional(),
      message: template.optional(),
    })
    .refine(
      ({ webhookUrl, token, channel }) =>
        webhookUrl === undefined
          ? token !== undefined && channel !== undefined
          : token === undefined && channel === undefined,
      'give either "webhook_url", or "token" and "channel"',
    ),
  async notify(notification, config, context, signal) {
    const { subject, message } = wordsOf(notification, config);
    const text = `*${escaped(subject)}*\n${escaped(message)}`;
    if (config.webhookUrl !== undefined) {
      const url = await context.resolveSecret(parseSecret(config.webhookUrl));
      await postJson({ whom: "Slack's webhook", url, body: { text } }, signal);
      return;
    }
    const token = await context.resolveSecret(parseSecret(config.token ?? ''));
    const said = await postJson(
      {
        whom: 'Slack',
        url: `${config.apiUrl.replace(/\/+$/, '')}/chat.postMessage`,
        headers: { authorization: `Bearer ${token}` },
        body: { channel: config.channel, text, unfurl_links: false },
      },
      signal,
    );
    refuseUnlessOk(said, config.channel ?? '');
  },
});

/** The Web API answers 200 and says in the body whether it did. */
function refuseUnlessOk(said: string, channel: string): void {
  const answer = answerSchema.safeParse(parsed(said));
  if (!answer.success) throw notDelivered('Slack answered something that is not its API');
  const { ok, error = 'unknown_error' } = answer.data;
  if (ok) return;
  if (PASSING.has(error)) throw notDelivered(`Slack answered "${error}"`);
  throw notAccepted(
    `Slack answered "${error}" for channel "${channel}"`,
    'the token needs the scope chat:write, and its bot has to be in the channel',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @see https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
