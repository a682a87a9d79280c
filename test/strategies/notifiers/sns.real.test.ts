import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { snsNotifier } from '../../../strategies/notifiers/sns.ts';
import { type Aws, CREDENTIALS, startMoto, withoutMoto } from '../../aws/moto.ts';
import { contextWith, failed } from './notification.ts';

const forever = new AbortController().signal;

(withoutMoto === '' ? describe : describe.skip)(`the notifier SNS${withoutMoto}`, () => {
  let aws: Aws;
  const before = { ...process.env };

  beforeAll(async () => {
    aws = await startMoto();
    Object.assign(process.env, CREDENTIALS);
  });
  afterAll(async () => {
    process.env = before;
    await aws[Symbol.asyncDispose]();
  });

  /** A topic, and a queue that gets what is published there. */
  async function topicWithQueue(name: string, attributes: Record<string, string>) {
    const { endpoint, region } = aws;
    const sns = new SNSClient({ endpoint, region });
    const sqs = new SQSClient({ endpoint, region });
    const { TopicArn = '' } = await sns.send(
      new CreateTopicCommand({ Name: name, Attributes: attributes }),
    );
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
    );
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    await sns.send(
      new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }),
    );
    const received = async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      return Messages.map(({ Body = '' }) => JSON.parse(Body) as Record<string, unknown>);
    };
    const config = snsNotifier.config.parse({
      ...{ notificationService: 'SNS', topicArn: TopicArn, endpoint },
      ...{ subject: 'Promos für {window}', message: '{error}' },
    });
    return { config, received };
  }

  it('publishes text with attributes to filter by, and an ASCII subject', async () => {
    const { config, received } = await topicWithQueue('promos', {});
    await snsNotifier.notify(failed(), config, contextWith(), forever);
    expect(await received()).toEqual([
      expect.objectContaining({
        Subject: 'Promos fur week 24',
        Message: '12 of 100 rows <broke> a & b',
        MessageAttributes: {
          event: { Type: 'String', Value: 'failed' },
          job: { Type: 'String', Value: 'load_promos' },
          run_id: { Type: 'String', Value: 'run-7' },
        },
      }),
    ]);
  });

  it('publishes once to a FIFO topic, however often it is sent', async () => {
    const { config, received } = await topicWithQueue('promos.fifo', {
      FifoTopic: 'true',
      FifoQueue: 'true',
    });
    await snsNotifier.notify(failed(), config, contextWith(), forever);
    await snsNotifier.notify(failed(), config, contextWith(), forever);
    expect(await received()).toHaveLength(1);
  });

  it('says of a topic that is not there that another try cannot help', async () => {
    const config = snsNotifier.config.parse({
      ...{ notificationService: 'SNS', endpoint: aws.endpoint },
      topicArn: 'arn:aws:sns:eu-central-1:123456789012:nobody',
    });
    await expect(
      snsNotifier.notify(failed(), config, contextWith(), forever),
    ).rejects.toMatchObject({
      code: 'NOTIFICATION_REFUSED',
      message: expect.stringContaining(':nobody'),
      hint: expect.stringContaining('sns:Publish'),
    });
  });

  it('refuses what is no ARN of a topic', () => {
    const config = { notificationService: 'SNS', topicArn: 'promos' };
    expect(() => snsNotifier.config.parse(config)).toThrow('is not the ARN of a topic');
  });
});
