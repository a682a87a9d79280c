import { describe, expect, it } from '@jest/globals';
import { slackNotifier } from '../../../strategies/notifiers/slack.ts';
import { webhookNotifier } from '../../../strategies/notifiers/webhook.ts';
import { contextWith, failed } from './notification.ts';
import { openPostServer } from './post-server.ts';

const forever = new AbortController().signal;

describe('the notifier WEBHOOK', () => {
  const configOf = (changes: object) =>
    webhookNotifier.config.parse({
      notificationService: 'WEBHOOK',
      webhookUrl: 'secret://env/HOOK',
      ...changes,
    });

  it('posts event, words and facts, with a key that is the same for every try', async () => {
    await using server = await openPostServer();
    const config = configOf({
      headers: { 'X-Team': 'promos', Authorization: 'secret://env/TOKEN' },
      subject: '{job}!',
    });
    const context = contextWith({ HOOK: `${server.url}/in?key=1`, TOKEN: 'Bearer abc' });
    await webhookNotifier.notify(failed(), config, context, forever);
    await webhookNotifier.notify(failed(), config, context, forever);
    const [first, second] = server.posted;
    expect(first).toMatchObject({
      path: '/in?key=1',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-team': 'promos',
        authorization: 'Bearer abc',
        'idempotency-key': 'run-7:failed:QUARANTINE_LIMIT',
      },
      body: {
        ...{ event: 'failed', job: 'load_promos', run_id: 'run-7', subject: 'load_promos!' },
        message: expect.stringContaining('QUARANTINE_LIMIT: 12 of 100 rows <broke> a & b'),
        facts: { hint: 'réparez', attempt: '2', report: '' },
      },
    });
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  it.each([
    [503, 'NOTIFICATION_FAILED'],
    [429, 'NOTIFICATION_FAILED'],
    [404, 'NOTIFICATION_REFUSED'],
    [302, 'NOTIFICATION_REFUSED'],
  ])('says of %i whether another try may help: %s', async (status, code) => {
    await using server = await openPostServer();
    server.answer(status, 'what it says', { location: server.url });
    const sent = webhookNotifier.notify(
      failed(),
      configOf({}),
      contextWith({ HOOK: `${server.url}/secret-path` }),
      forever,
    );
    await expect(sent).rejects.toMatchObject({
      code,
      message: `the webhook answered ${String(status)}: what it says`,
    });
    expect(server.posted).toHaveLength(1);
  });

  it('may be tried again when nobody answers, and does not show the URL', async () => {
    const server = await openPostServer();
    await server[Symbol.asyncDispose]();
    const context = contextWith({ HOOK: `${server.url}/secret-path` });
    await expect(
      webhookNotifier.notify(failed(), configOf({}), context, forever),
    ).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
      message: expect.not.stringContaining('secret-path'),
    });
  });

  it('refuses a template that names what no run has', () => {
    expect(() => configOf({ message: 'run {run} of {job}' })).toThrow('there is no {run}');
  });
});

describe('the notifier SLACK', () => {
  const base = { notificationService: 'SLACK' };

  it('writes through a webhook, with what Slack reads as markup escaped', async () => {
    await using server = await openPostServer();
    const config = slackNotifier.config.parse({ ...base, webhookUrl: 'secret://env/HOOK' });
    await slackNotifier.notify(failed(), config, contextWith({ HOOK: server.url }), forever);
    expect(server.posted[0]?.body).toEqual({
      text: expect.stringMatching(
        /^\*load_promos failed: QUARANTINE_LIMIT\*\n.*&lt;broke&gt; a &amp; b/s,
      ),
    });
  });

  it('writes through the Web API as the bot of a token', async () => {
    await using server = await openPostServer();
    const config = slackNotifier.config.parse({
      ...{ ...base, token: 'secret://env/BOT', channel: '#data', apiUrl: `${server.url}/api/` },
      message: '{window}',
    });
    const context = contextWith({ BOT: 'xoxb-1' });
    await slackNotifier.notify(failed(), config, context, forever);
    expect(server.posted[0]).toMatchObject({
      path: '/api/chat.postMessage',
      headers: { authorization: 'Bearer xoxb-1' },
      body: { channel: '#data', text: '*load_promos failed: QUARANTINE_LIMIT*\nweek 24' },
    });
    server.answer(200, { ok: false, error: 'not_in_channel' });
    await expect(slackNotifier.notify(failed(), config, context, forever)).rejects.toMatchObject({
      code: 'NOTIFICATION_REFUSED',
      message: 'Slack answered "not_in_channel" for channel "#data"',
    });
    server.answer(200, { ok: false, error: 'ratelimited' });
    await expect(slackNotifier.notify(failed(), config, context, forever)).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
    });
    server.answer(200, '<html>a proxy</html>');
    await expect(slackNotifier.notify(failed(), config, context, forever)).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
    });
  });

  it.each([{}, { token: 'a' }, { webhookUrl: 'a', token: 'b', channel: 'c' }])(
    'wants one way to Slack, not %j',
    (ways) => {
      expect(() => slackNotifier.config.parse({ ...base, ...ways })).toThrow(
        'give either \\"webhook_url\\", or \\"token\\" and \\"channel\\"',
      );
    },
  );
});
