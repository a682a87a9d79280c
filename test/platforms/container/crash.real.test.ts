import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import { parseConfig } from '../../../core/wire.ts';
import { containerSettings } from '../../../platforms/container/settings.ts';
import { containerSubmitter } from '../../../platforms/container/submitter.ts';
import { docker, images, withoutDocker } from '../../images/docker.ts';
import { startEngineProxy } from '../../images/engine.ts';
import { describeSubmitOnce } from '../submit-once-suite.ts';

/** An image whose run takes longer than a call, and next to nothing of the machine. */
async function buildSleeper(tag: string): Promise<void> {
  const from = await docker('container', 'create', images?.job ?? '');
  const entry = 'ENTRYPOINT ["/bin/sh", "-c", "sleep 3"]';
  await docker('container', 'commit', '--change', entry, from, tag);
  await docker('container', 'rm', from);
}

(withoutDocker === '' ? describe : describe.skip)(`a real engine${withoutDocker}`, () => {
  describeSubmitOnce('Docker, behind a proxy that loses answers', async () => {
    const image = `dray-sleeper:${randomBytes(4).toString('hex')}`;
    await buildSleeper(image);
    const proxy = await startEngineProxy();
    // A network of its own is half the work of a start.
    const given = { image, host: proxy.endpoint, network: 'none' };
    const settings = parseConfig(containerSettings, given);
    const mine = ['container', 'ls', '--all', '--quiet', '--filter', `ancestor=${image}`];
    return {
      twin: {
        ...proxy,
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]();
          await docker('container', 'rm', '--force', ...(await docker(...mine)).split('\n'));
          await docker('image', 'rm', image);
        },
      },
      open: () => containerSubmitter(settings, process.env),
      // The engine shows at once what it has.
      hide: () => undefined,
      ...{ make: 'POST containers create', start: 'POST containers start' },
      ...{ list: 'GET containers json', stopped: '', isIdempotent: true as const },
      startedFor: (runId) =>
        proxy.started
          .filter((one) => one.runId === runId)
          .map(({ remoteId }) => ({ remoteId, state: 'RUNNING' })),
    };
  });
});
