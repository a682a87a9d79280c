import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { emailNotifier } from '../../../strategies/notifiers/email.ts';
import { contextWith, failed } from './notification.ts';

const forever = new AbortController().signal;

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
}

interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly Mail[];
}

/** A mail server that keeps what it gets; user `dray` with password `pass-word`. */
async function openMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authOptional: true,
    onAuth({ username, password }, _session, done) {
      if (username === 'dray' && password === 'pass-word') done(null, { user: username });
      else done(new Error('who are you'));
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, source: Buffer.concat(chunks).toString() });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

function configFor({ port }: { readonly port: number }, changes: object = {}) {
  return emailNotifier.config.parse({
    ...{ notificationService: 'EMAIL', smtpHost: '127.0.0.1', smtpPort: port, tls: 'none' },
    ...{ from: 'Dray <dray@example.com>', to: ['a@example.com', 'b@example.com'] },
    ...changes,
  });
}

function header({ source }: Mail, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'mi').exec(source.replaceAll(/\r\n[ \t]+/g, ' '))?.[1];
}

describe('the notifier EMAIL', () => {
  it('sends a mail to everybody named, with a Message-ID that is the same for every try', async () => {
    await using server = await openMailServer();
    const config = configFor(server, {
      ...{ user: 'dray', password: 'secret://env/MAIL', cc: 'c@example.com' },
      ...{ subject: '{job}: {error}', message: 'été {run_id}' },
    });
    const odd = failed({ error: 'one\r\nBcc: d@example.com\ntwo' });
    const context = contextWith({ MAIL: 'pass-word' });
    await emailNotifier.notify(odd, config, context, forever);
    await emailNotifier.notify(odd, config, context, forever);
    const [first, second] = server.mails;
    expect(first).toMatchObject({
      from: 'dray@example.com',
      to: ['a@example.com', 'b@example.com', 'c@example.com'],
    });
    if (first === undefined || second === undefined) throw new Error('two mails were sent');
    expect(header(first, 'Subject')).toBe('load_promos: one Bcc: d@example.com two');
    expect(header(first, 'Bcc')).toBeUndefined();
    expect(header(first, 'X-Dray-Run')).toBe('run-7');
    expect(header(first, 'Message-ID')).toMatch(/^<[0-9a-f]{64}@dray>$/);
    expect(header(second, 'Message-ID')).toBe(header(first, 'Message-ID'));
    expect(first.source).toContain('=C3=A9t=C3=A9 run-7');
  });

  it.each<[string, SMTPServerOptions, object, string]>([
    ['a wrong password', {}, { user: 'dray', password: 'other' }, 'NOTIFICATION_REFUSED'],
    [
      'a server without STARTTLS where that is wanted',
      {},
      { tls: 'starttls' },
      'NOTIFICATION_REFUSED',
    ],
    [
      'a mailbox that is refused for good',
      {
        onRcptTo(_address, _session, done) {
          done(Object.assign(new Error('no such user'), { responseCode: 550 }));
        },
      },
      {},
      'NOTIFICATION_REFUSED',
    ],
    [
      'a server that is busy',
      {
        onMailFrom(_address, _session, done) {
          done(Object.assign(new Error('come back later'), { responseCode: 451 }));
        },
      },
      {},
      'NOTIFICATION_FAILED',
    ],
  ])('says of %s whether another try may help', async (_, options, changes, code) => {
    await using server = await openMailServer(options);
    const sent = emailNotifier.notify(failed(), configFor(server, changes), contextWith(), forever);
    await expect(sent).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`the mail server 127.0.0.1:${String(server.port)}: `),
    });
    expect(server.mails).toEqual([]);
  });

  it('may be tried again when no server is there', async () => {
    const server = await openMailServer();
    await server[Symbol.asyncDispose]();
    const sent = emailNotifier.notify(failed(), configFor(server), contextWith(), forever);
    await expect(sent).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
  });
});
