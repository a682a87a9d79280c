import { z } from 'zod';
import { template, wordsOf } from '../../core/notification.ts';
import { parseSecret } from '../../core/secrets.ts';
import { defineNotifier } from '../../core/strategy.ts';
import { postJson } from './http.ts';

/**
 * Posts JSON to a URL: `event`, `job`, `run_id`, `subject`, `message` and all `facts`. The header
 * `Idempotency-Key` is the same for every try.
 */
export const webhookNotifier = defineNotifier({
  config: z.strictObject({
    notificationService: z.literal('WEBHOOK'),
    /** May be a `secret://`, since such URLs often hold a token. */
    webhookUrl: z.string().min(1),
    /** Values may be a `secret://`. */
    headers: z.record(z.string(), z.string()).default({}),
    subject: template.optional(),
    message: template.optional(),
  }),
  async notify(notification, config, context, signal) {
    const { id, event, job, runId, facts } = notification;
    const resolve = async (text: string) =>
      text.startsWith('secret://') ? await context.resolveSecret(parseSecret(text)) : text;
    const headers: Record<string, string> = { 'idempotency-key': id };
    for (const [name, value] of Object.entries(config.headers))
      headers[name] = await resolve(value);
    await postJson(
      {
        whom: 'the webhook',
        url: await resolve(config.webhookUrl),
        headers,
        body: { event, job, run_id: runId, ...wordsOf(notification, config), facts },
      },
      signal,
    );
  },
});
