import { createHash } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import { notAccepted, notDelivered, template, wordsOf } from '../../core/notification.ts';
import { defineNotifier } from '../../core/strategy.ts';

/** arn:partition:sns:region:account:name */
const ARN = /^arn:[\w-]+:sns:([a-z0-9-]+):\d{12}:[\w-]{1,256}(\.fifo)?$/;
/** SNS takes ASCII of at most 100 characters. */
const MAX_SUBJECT = 100;

/**
 * Publishes to an SNS topic with the credentials of the environment (AWS's usual chain). The message
 * is text; `event`, `job` and `run_id` are attributes, which subscriptions can filter by. On a FIFO
 * topic a notification that is sent again is dropped.
 */
export const snsNotifier = defineNotifier({
  config: z.strictObject({
    notificationService: z.literal('SNS'),
    topicArn: z.string().regex(ARN, 'is not the ARN of a topic: arn:aws:sns:REGION:ACCOUNT:NAME'),
    /** Absent: the topic's. */
    region: z.string().min(1).optional(),
    /** Where SNS is, when it is not AWS. */
    endpoint: z.url().optional(),
    subject: template.optional(),
    message: template.optional(),
  }),
  async notify(notification, { topicArn, endpoint, ...config }, _context, signal) {
    const { SNSClient, PublishCommand } = await import('@aws-sdk/client-sns');
    const [, region = '', fifo] = ARN.exec(topicArn) ?? [];
    const { id, event, job, runId } = notification;
    const { subject, message } = wordsOf(notification, config);
    const client = new SNSClient({
      region: config.region ?? region,
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    try {
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: asciiOf(subject),
          Message: message,
          MessageAttributes: {
            event: { DataType: 'String', StringValue: event },
            job: { DataType: 'String', StringValue: job },
            run_id: { DataType: 'String', StringValue: runId },
          },
          ...(fifo === undefined
            ? {}
            : {
                MessageGroupId: job,
                MessageDeduplicationId: createHash('sha256').update(id).digest('hex'),
              }),
        }),
        { abortSignal: signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      throw snsError(error, topicArn);
    } finally {
      client.destroy();
    }
  },
});

function asciiOf(subject: string): string {
  const plain = subject.normalize('NFKD').replaceAll(/[^\x20-\x7e]/g, '');
  return plain.slice(0, MAX_SUBJECT).trim() || 'dray';
}

function snsError(error: unknown, topic: string) {
  const said = `SNS, topic ${topic}: ${messageOf(error)}`;
  const name = error instanceof Error ? error.name : '';
  const status =
    typeof error === 'object' && error !== null && '$metadata' in error
      ? (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode
      : undefined;
  // The client has tried throttled calls and server errors again already.
  const passing =
    status === undefined || status >= 500 || status === 429 || name.includes('Throttl');
  if (passing && name !== 'CredentialsProviderError') return notDelivered(said, error);
  return notAccepted(
    said,
    'check the topic, its region, the credentials and the right sns:Publish',
    error,
  );
}
