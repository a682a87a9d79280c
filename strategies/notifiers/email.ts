import { createHash } from 'node:crypto';
import { z } from 'zod';
import { messageOf, systemCodeOf } from '../../core/errors.ts';
import { notAccepted, notDelivered, template, wordsOf } from '../../core/notification.ts';
import { parseSecret } from '../../core/secrets.ts';
import { defineNotifier } from '../../core/strategy.ts';

const TIMEOUT_MS = 10_000;
/** nodemailer's codes for what no other try can change. */
const LASTING: ReadonlySet<string> = new Set(['EAUTH', 'EENVELOPE', 'EMESSAGE', 'ETLS']);

const addresses = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** Sends a mail over SMTP. A mail that is sent again has the same Message-ID. */
export const emailNotifier = defineNotifier({
  config: z.strictObject({
    notificationService: z.literal('EMAIL'),
    smtpHost: z.string().min(1),
    smtpPort: z.int().min(1).max(65_535).default(587),
    /** `starttls`: refuse to send without. `implicit`: TLS from the start, usually port 465. */
    tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
    user: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    from: z.string().min(1),
    to: addresses,
    cc: addresses.optional(),
    subject: template.optional(),
    message: template.optional(),
  }),
  async notify(notification, config, context, signal) {
    const { createTransport } = await import('nodemailer');
    const { user, password, from, to, cc, tls, smtpHost: host, smtpPort: port } = config;
    const pass = password && (await context.resolveSecret(parseSecret(password)));
    const transport = createTransport({
      ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls' },
      ...{ ignoreTLS: tls === 'none' },
      ...(user === undefined ? {} : { auth: { user, pass: pass ?? '' } }),
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    });
    const stop = () => {
      transport.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    const { subject, message } = wordsOf(notification, config);
    try {
      await transport.sendMail({
        ...{ from, to, subject, text: `${message}\n` },
        ...(cc === undefined ? {} : { cc }),
        messageId: `<${createHash('sha256').update(notification.id).digest('hex')}@dray>`,
        headers: { 'X-Dray-Run': notification.runId, 'X-Dray-Event': notification.event },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw mailError(error, `${host}:${String(port)}`);
    } finally {
      signal.removeEventListener('abort', stop);
      transport.close();
    }
  },
});

function mailError(error: unknown, server: string) {
  const said = `the mail server ${server}: ${messageOf(error)}`;
  const code = systemCodeOf(error) ?? '';
  // RFC 5321, 4.2.1: an answer of 4yz is for now, one of 5yz is for good.
  const answer = responseCodeOf(error);
  const lasting = answer === undefined ? LASTING.has(code) : answer >= 500;
  if (!lasting) return notDelivered(said, error);
  return notAccepted(
    said,
    'check "from", "to", "user", "password" and "tls" of the notifier',
    error,
  );
}

function responseCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('responseCode' in error)) return undefined;
  return typeof error.responseCode === 'number' ? error.responseCode : undefined;
}
