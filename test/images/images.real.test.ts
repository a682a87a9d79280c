import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { docker, type Exited, withoutDocker } from './docker.ts';
import { type Load, openScene, type Scene } from './scene.ts';

/** Rows and keys of the window, as test/e2e/engines.test.ts has them from independent SQL. */
const ROWS = '133884/133884';
const ON_DISK = {
  unity_loader_config: { strategy: 'DELTA', path: '/work/unity' },
  stage_loader_config: { strategy: 'PARQUET', path: '/work/stage' },
};

(withoutDocker === '' ? describe : describe.skip)(`the images${withoutDocker}`, () => {
  let scene: Scene;
  let undisturbed: Load;
  let first: Exited;
  /** What Postgres holds after a load that nobody disturbed. */
  let golden: string;

  beforeAll(async () => {
    scene = await openScene();
    undisturbed = scene.load('golden', 'job', { strategy_type: 'bulk' });
    first = await scene.start(undisturbed);
    golden = await scene.inPostgres(undisturbed);
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  it('load into Delta and Parquet on S3 and into Postgres', async () => {
    expect(first.stderr).toContain('completed');
    expect(resultOf(first)).toMatchObject({ service_provider: 'CONTAINER', engine: 'bulk' });
    expect(golden.startsWith(`${ROWS}/`)).toBe(true);
    expect(await scene.inDelta(undisturbed)).toBe(ROWS);
  });

  const loads = async (load: Load, attempt: string) => {
    const ended = await scene.start(load, { flags: ['--attempt', attempt] });
    // "reused" where the killed one had committed.
    expect(ended.stderr).toMatch(/✓ (completed|reused)/);
    expect(ended.code).toBe(0);
    expect(await scene.inPostgres(load)).toBe(golden);
    expect(await scene.inDelta(load)).toBe(ROWS);
  };

  it('run the same rows with engine row, in 512 MB, on a read-only file system', async () => {
    const load = scene.load('rowwise', 'job', { strategy_type: 'row' });
    const options = ['--memory', '512m', '--read-only', '--tmpfs', '/tmp'];
    const ended = await scene.start(load, { options });
    expect(ended.stderr).toContain('completed');
    expect(resultOf(ended)).toMatchObject({ service_provider: 'CONTAINER', engine: 'row' });
    expect(await scene.inPostgres(load)).toBe(golden);
  });

  it('run the same rows on Spark, in 2 GB, and repeat nothing', async () => {
    const load = scene.load('on_spark', 'spark', ON_DISK);
    const ended = await scene.start(load, { options: ['--memory', '2g'] });
    expect(ended.stderr).toContain('completed');
    expect(resultOf(ended)).toMatchObject({ service_provider: 'CONTAINER', engine: 'bigdata' });
    expect(await scene.inPostgres(load)).toBe(golden);
    const again = await scene.start(load, { flags: ['--attempt', '2'] });
    expect(again.code).toBe(0);
    expect(await scene.inPostgres(load)).toBe(golden);
  });

  it.each(['claim: done', 'transform: done', 'write: started', 'account: started'])(
    'load once when the container is killed at "%s" and started again',
    async (moment) => {
      const load = scene.load(moment.replaceAll(/\W+/g, '_'), 'job', { strategy_type: 'bulk' });
      const killed = await scene.start(load, {
        onLine: (line, container) => {
          if (line.startsWith(moment)) void docker('kill', container);
        },
      });
      expect(killed.code).toBe(137);
      await loads(load, '2');
    },
  );

  it.each(['110m', '150m'])(
    'load once when the kernel ends the run for more than %s of memory',
    async (memory) => {
      const load = scene.load(`oom_${memory}`, 'job', {
        strategy_type: 'bulk',
        resources: { memory_mb: 4000 },
      });
      const options = ['--memory', memory, '--memory-swap', memory];
      const killed = await scene.start(load, { options });
      expect(killed).toMatchObject({ code: 137, oomKilled: true });
      expect(killed.stderr).toContain('claim: done');
      await loads(load, '2');
    },
  );

  it('end in order on docker stop, and load once afterwards', async () => {
    const load = scene.load('stopped', 'job', { strategy_type: 'bulk' });
    const stopped = await scene.start(load, {
      onLine: (line, container) => {
        if (line.startsWith('transform: started')) void docker('stop', container);
      },
    });
    expect(stopped.code).toBe(143);
    expect(resultOf(stopped)).toMatchObject({ status: 'cancelled', exit_code: 143 });
    await loads(load, '2');
  });

  it('say what is wrong with a config, without a stack', async () => {
    const load = scene.load('wrong', 'job', { strategy_type: 'bulk', extractor: {} });
    const ended = await scene.start(load);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('did you mean');
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });

  it.each(['job', 'spark'] as const)('%s: holds no root, secret or source', async (image) => {
    const tag = scene.tag(image);
    const inside = async (command: string) =>
      await docker('run', '--rm', '--entrypoint', 'sh', tag, '-c', command);
    expect(await inside('id -u')).not.toBe('0');
    expect(await inside('ls -a /opt/dray')).not.toMatch(/^(\.npmrc|\.git|core|entry|test)$/m);
    // Folders that only root may look into make find fail.
    const found = await inside(
      String.raw`find / -xdev \( -name .npmrc -o -name pip.conf \) || true`,
    );
    expect(found).toBe('');
    expect(await docker('history', '--no-trunc', tag)).not.toMatch(/password|token=|_auth/i);
  });
});

function resultOf({ stdout }: Exited): unknown {
  return JSON.parse(stdout);
}
