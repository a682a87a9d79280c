import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../core/finding.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import { parseConfig } from '../../../core/wire.ts';
import { dray } from '../../../entry/dray-main.ts';
import { containerSettings } from '../../../platforms/container/settings.ts';
import { containerSubmitter } from '../../../platforms/container/submitter.ts';
import { processSurroundings } from '../../../entry/process.ts';
import { docker, images, withoutDocker } from '../../images/docker.ts';

const IMAGE = images?.job ?? '';
const ROOT = join(import.meta.dirname, '../../..');
const NOOP = { notification_service: 'NOOP' };

const CONFIG = {
  ...{ job_failed_notifications: NOOP, job_success_notifications: NOOP },
  ...{ strategy_type: 'bulk', unity_loader_config: { strategy: 'DELTA', path: '/lake/p' } },
  extractor_config: { strategy: 'PARQUET', source_table: '/data' },
};

(withoutDocker === '' ? describe : describe.skip)(`submitting to Docker${withoutDocker}`, () => {
  let folder: string;
  let out = '';
  let err = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dray-container-'));
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'lake'));
    // The image's user is not ours.
    chmodSync(join(folder, 'lake'), 0o777);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(CONFIG));
  });
  afterAll(async () => {
    const ours = await docker('ps', '--all', '--quiet', '--filter', 'label=dray.run_id');
    const mine = await Promise.all(
      ours.split('\n').map(async (id) => ({
        id,
        run: await docker('inspect', id, '--format', '{{index .Config.Labels "dray.run_id"}}'),
      })),
    );
    const ids = mine.filter(({ run }) => run.includes(folder.slice(-6))).map(({ id }) => id);
    if (ids.length > 0) await docker('rm', '--force', ...ids);
    // What the container's user has made is not ours to remove.
    await docker(
      'run',
      '--rm',
      '--user',
      '0',
      '--entrypoint',
      'rm',
      '--volume',
      `${folder}:/f`,
      IMAGE,
      '-rf',
      '/f/lake',
    );
    rmSync(folder, { recursive: true, force: true });
  });

  const idOf = (name: string) => `${name}-${folder.slice(-6)}`;

  async function cli(...argv: readonly string[]): Promise<number> {
    out = '';
    err = '';
    const stderr = { write: (text: string) => (err += text) } as never;
    const stdout = { write: (text: string) => (out += text) };
    const surroundings = { ...processSurroundings(), cwd: folder, failpoints: noFailpoints };
    return await dray(argv, surroundings, { stdout, stderr }, new AbortController().signal);
  }

  function submit(runId: string, ...given: readonly string[]): Promise<number> {
    const at = given[0] === '--config' ? 2 : 0;
    const [, config = join(folder, 'config.json')] = given.slice(0, at);
    const more = given.slice(at);
    const volumes = [`${join(ROOT, 'data/sample/promotions')}:/data:ro`, `${folder}/lake:/lake`];
    const settings = JSON.stringify({ image: IMAGE, volumes });
    return cli(
      ...['submit', 'container', '--job', 'load_promos', '--config', config],
      ...['--settings', settings, '--run-id', idOf(runId), '--json', ...more],
    );
  }

  it('runs the job, shows what it prints, and takes the result line from its log', async () => {
    const code = await submit('whole', '--wait');
    expect([code, code === 0 || err]).toEqual([0, true]);
    expect(JSON.parse(out)).toMatchObject({
      ...{ state: 'ENDED', remote_state: 'SUCCEEDED', platform_state: 'exited 0' },
      result: { service_provider: 'CONTAINER', status: 'completed', run_id: idOf('whole') },
    });
    expect(err).toMatch(/RUNNING/);
    expect(await submit('whole')).toBe(0);
    const filter = `label=dray.run_id=${idOf('whole')}`;
    expect((await docker('ps', '--all', '--quiet', '--filter', filter)).split('\n')).toHaveLength(
      1,
    );
  });

  it('tells the exit code of a job that failed', async () => {
    const bad = join(folder, 'bad.json');
    const reader = { strategy: 'PARQUET', source_table: '/none' };
    writeFileSync(bad, JSON.stringify({ ...CONFIG, extractor_config: reader }));
    const code = await submit('bad', '--config', bad, '--wait');
    expect([code, err]).toEqual([1, expect.stringContaining('exited 1')]);
    expect(JSON.parse(out)).toMatchObject({ result: { error: { code: 'SOURCE_NOT_FOUND' } } });
  });

  it('stops a run for real', async () => {
    await submit('stopped');
    expect(await cli('submissions', 'cancel', idOf('stopped'))).toBe(0);
    const filter = `label=dray.run_id=${idOf('stopped')}`;
    expect(await docker('ps', '--all', '--filter', filter, '--format', '{{.State}}')).toBe(
      'exited',
    );
  });

  it('sends a probe whose answer is shown here, with what is wrong there', async () => {
    // The image's user may write to /lake; nobody listens on that port.
    const settings = JSON.stringify({ image: IMAGE, volumes: [`${folder}/lake:/lake`] });
    const probe = ['--path', '/lake/probe', '--path', '/nowhere', '--host', '127.0.0.1:9'];
    const code = await cli('doctor', 'container', '--settings', settings, '--json', ...probe);
    const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
    const [, runId = ''] = /^run (\S+),/m.exec(err) ?? [];
    const filter = `label=dray.run_id=${runId}`;
    await docker('rm', await docker('ps', '--all', '--quiet', '--filter', filter));
    const of = (name: string) => findings.find((finding) => finding.name === name);
    expect([
      code,
      of('platform'),
      of('Node'),
      of('DuckDB'),
      of('storage /lake/probe'),
    ]).toMatchObject([
      1,
      { verdict: 'ok', text: 'CONTAINER: DRAY_IMAGE is set' },
      { verdict: 'ok', text: expect.stringContaining('glibc') },
      { verdict: 'ok' },
      { verdict: 'ok' },
    ]);
    expect([of('storage /nowhere'), of('network 127.0.0.1:9')]).toMatchObject([
      { verdict: 'red', fix: expect.stringMatching(/./) },
      { verdict: 'red', text: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('does not start a container again that has ended', async () => {
    using submitter = containerSubmitter(
      parseConfig(containerSettings, { image: IMAGE }),
      process.env,
    );
    const [runId, token] = [idOf('ended'), randomBytes(32).toString('hex')];
    const args = [['version']] as const;
    const submission = { runId, attempt: 1, job: 'load_promos', token, args };
    const forever = new AbortController().signal;
    const answer = await submitter.start(submission, forever);
    if (answer.refused !== undefined) throw answer.refused;
    const { remoteId } = answer;
    expect(await docker('wait', remoteId)).toBe('0');
    const started = ['inspect', remoteId, '--format', '{{.State.StartedAt}}'] as const;
    const before = await docker(...started);
    expect(await submitter.start(submission, forever)).toEqual({ remoteId });
    expect(await docker(...started)).toBe(before);
  });

  it.each([
    ['{"image": "no-such-image-of-dray:1"}', 'SUBMIT_REFUSED'],
    [`{"image": "${IMAGE}", "program": "/no/docker"}`, 'there is no program'],
    [`{"image": "${IMAGE}", "host": "tcp://127.0.0.1:1"}`, 'PLATFORM_UNAVAILABLE'],
    [`{"image": "${IMAGE}", "env": ["A=b"]}`, 'without a value'],
    [`{"image": "${IMAGE}", "network": "no-such-network"}`, 'no-such-network'],
  ])('refuses %s', async (settings, says) => {
    const config = join(folder, 'config.json');
    const argv = ['submit', 'container', '--job', 'load_promos', '--config', config];
    const code = await cli(
      ...argv,
      '--settings',
      settings,
      '--run-id',
      idOf(says.replaceAll(' ', '-')),
    );
    expect([code === 0, err]).toEqual([false, expect.stringContaining(says)]);
  });
});
