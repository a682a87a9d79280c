import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openScene, type Scene, WINDOW } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

const WEEK_24 = ['--from', '2017-06-05', '--to', '2017-06-12'];
const WEEK_23 = ['--from', '2017-05-29', '--to', '2017-06-05'];

describe('dray plan', () => {
  it('says what a run would do to each target, and leaves everything as it is', async () => {
    const before = await scene.state();
    const { code, stdout, stderr } = await scene.world.dray(
      'plan',
      'load_promos',
      '--config',
      scene.at.file,
      ...WEEK_24,
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(await scene.state()).toEqual(before);
    expect(stdout).toMatch(/^load_promos {2}2017-06-05 to 2017-06-12\n/);
    expect(stdout).toMatch(/redshift_loader_config\.table +"public\.scene" +config/);
    expect(stdout).toMatch(/redshift_loader_config\.mode +"overwrite_window" +default/);
    expect(stdout).toMatch(/engine\n {2}bulk: no Spark within reach/);
    expect(stdout).toMatch(/3 parts, [\d,]+ bytes, 11,089 rows/);
    expect(stdout).toContain('columns: product_id BIGINT, store_id BIGINT');
    expect(stdout).toMatch(
      /rows: [\d,]+ to load, duplicates among them; [\d,]+ outside the window; 0 to quarantine/,
    );
    expect(stdout).toContain('└─ read source (');
    expect(stdout.match(/replaces the 0 rows( in 0 files)? of the window/g)).toHaveLength(3);
    expect(stdout.endsWith('\nnothing was written\n')).toBe(true);
  });

  it('says what would be replaced, and what is there already', async () => {
    const json = async (...args: readonly string[]) => {
      const { stdout } = await scene.world.dray(
        'plan',
        'load_promos',
        '--config',
        scene.at.file,
        '--json',
        ...args,
      );
      return (JSON.parse(stdout) as { sinks: readonly Record<string, unknown>[] }).sinks;
    };
    const again = await json(...WEEK_23);
    expect(again.map(({ reused_from: run }) => String(run))).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^load_promos-/)),
    );
    const forced = await json(...WEEK_23, '--force');
    expect(forced.map(({ rows_there: rows, reused_from: run }) => [rows, run])).toEqual(
      Array.from({ length: 3 }, () => [5054, null]),
    );
    expect(forced.map(({ files }) => files)).toEqual([1, 1, null]);
    const { stdout } = await scene.world.dray(
      ...['plan', 'load_promos', '--config', scene.at.file, '--force', ...WEEK_23],
    );
    expect(stdout.match(/replaces the 5,054 rows in 1 file of the window/g)).toHaveLength(2);
  });

  it('shows the statements that would make the targets', async () => {
    const { world, source } = scene;
    const at = await world.config('fresh', { source });
    const { stdout } = await scene.world.dray(
      'plan',
      'load_promos',
      '--config',
      at.file,
      ...WEEK_24,
    );
    expect(stdout).toContain(`create table delta.\`${at.unity}\` (`);
    expect(stdout).toContain(') using delta partitioned by (`week`)');
    expect(stdout).toContain('create table "public"."fresh" (');
    expect(stdout).toContain('    "promo_score" numeric(5,2)');
    expect(stdout).toContain('alter table "public"."fresh" add primary key ("promo_id")');
    expect(stdout).toContain('makes the folder');
    // What it shows is what a run does.
    const { code } = await world.run([...at.args, ...WINDOW]);
    expect(code).toBe(0);
  });

  it('shows no literal password', async () => {
    const { world } = scene;
    const literal = await world.config('literal', {
      source: scene.source,
      set: {
        redshift_loader_config: {
          strategy: 'POSTGRES',
          jdbc_url: `jdbc:postgresql://127.0.0.1:${String(world.postgres.port)}/${world.postgres.database}`,
          table: 'public.literal',
          properties: { user: world.postgres.user, password: world.postgres.password },
        },
      },
    });
    const { stdout, stderr } = await scene.world.dray(
      'plan',
      'load_promos',
      '--config',
      literal.file,
    );
    expect(stdout).toMatch(/redshift_loader_config\.properties\.password +"\*\*\*" +config/);
    expect(stdout + stderr).not.toContain(world.postgres.password);
  });

  it('ends as a run would where something is wrong', async () => {
    const { world } = scene;
    const nowhere = await world.config('nowhere', { source: '/nowhere/at/all' });
    const { code, stderr } = await scene.world.dray(
      'plan',
      'load_promos',
      '--config',
      nowhere.file,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('SOURCE_NOT_FOUND');
    const typo = await scene.world.dray('plan', 'load_promo', '--config', nowhere.file);
    expect([typo.code, typo.stderr.includes('JOB_UNKNOWN')]).toEqual([2, true]);
  });
});
