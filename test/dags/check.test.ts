import { describe, expect, it } from '@jest/globals';
import { problemsOf } from '../../dags/check.ts';
import { compileDags } from '../../dags/compiler/compile.ts';
import { defineDag, type Ref, type Statements } from '../../dags/define.ts';
import type { DagOptions } from '../../dags/model.ts';
import { slack } from '../../dags/notifier.ts';
import { choice } from '../../dags/param.ts';
import { asset, cron } from '../../dags/schedule.ts';
import { bash, databricks, emr, glue } from '../../dags/target.ts';
import { variable } from '../../dags/template.ts';
import { allRows, dates, lookBack } from '../../dags/window.ts';
import { type ConfigOf, defineJob } from '../../jobs/job.ts';
import { loadPromos } from '../../jobs/load-promos/job.ts';

const CONFIG: ConfigOf<typeof loadPromos> = {
  extractorConfig: { strategy: 'PARQUET', sourceTable: '/data' },
  stageLoaderConfig: { strategy: 'PARQUET', path: '/stage' },
};
const TASK = { job: loadPromos, on: bash(), config: CONFIG };
const DAILY: DagOptions = { schedule: cron('0 2 * * *'), startDate: '2024-01-01' };

function problems(write: (dag: Statements) => void, options: Partial<DagOptions> = {}) {
  return problemsOf([defineDag('promos', { ...DAILY, ...options }, write)]);
}

function texts(write: (dag: Statements) => void, options: Partial<DagOptions> = {}) {
  return problems(write, options).map(({ text }) => text);
}

function load(options: Partial<DagOptions> = {}) {
  return texts((dag) => dag.task('load', TASK), options);
}

describe('a DAG that is checked', () => {
  it('has no problems when it is right', () => {
    expect(load()).toEqual([]);
  });

  it('says all that is wrong at once, each with the line of its statement', () => {
    const found = problems((dag) => {
      dag.task('load', TASK);
      dag.task('load', TASK);
      dag.task('1 load', { ...TASK, window: lookBack(0) });
    });
    expect(found.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^"load" is there already, at .*check\.test\.ts:\d+$/),
      expect.stringContaining('no task can be called "1 load"'),
      '"1 load" looks back 0 days: write a whole number of them',
    ]);
    const [first, second, third] = found.map(({ origin }) => origin);
    expect(first?.file).toMatch(/check\.test\.ts$/);
    expect(second?.line).toBe((first?.line ?? 0) + 1);
    expect(third).toEqual(second);
  });

  it('has a deadline of one version of Airflow, that it can keep there', () => {
    const notify = [slack('team')];
    const deadline = { after: { hours: 3 }, notify };
    expect(load({ airflow: '2', deadline })).toEqual([]);
    expect(load({ airflow: '3', deadline })).toEqual([]);
    expect(load({ deadline })).toEqual([
      `"promos" has a deadline, which Airflow 2 and 3 do not have in common: say airflow: '2' or '3'`,
    ]);
    expect(load({ airflow: '3', deadline: { after: {}, notify: [] } })).toEqual([
      'the deadline of "promos" is no time',
      'nobody is told of the deadline of "promos"',
    ]);
    const template = { after: { hours: 3 }, notify: [slack('team', '{{ ti.task_id }}')] };
    expect(load({ airflow: '3', deadline: template })).toEqual([
      expect.stringContaining('write plain text'),
    ]);
    const mapped = (dag: Statements) =>
      dag.map('load', { ...TASK, window: allRows, each: [1], config: () => CONFIG });
    expect(texts(mapped, { airflow: '2', deadline, schedule: null })).toEqual([
      'the deadline of "promos" needs a schedule by the clock in Airflow 2',
      '"promos" ends with "load", for which Airflow 2 has no deadline: end it with a join',
    ]);
    expect(texts(mapped, { airflow: '3', deadline, schedule: null })).toEqual([]);
  });

  it('may not go round in a circle, through groups neither', () => {
    const circle = texts((dag) => {
      const a = dag.task('a', TASK);
      const b = dag.task('b', TASK).after(a);
      dag.group('g', (group) => group.task('c', TASK).after(b)).before(a);
    });
    expect(circle).toEqual([expect.stringMatching(/^a cycle: (a|b|g\.c) -> /)]);
  });

  it('runs only jobs that are registered', () => {
    const promos = defineJob({ ...loadPromos, name: 'load_promo' });
    expect(texts((dag) => dag.task('load', { ...TASK, job: promos }))).toEqual([
      '"load": there is no job "load_promo"; did you mean "load_promos"?',
    ]);
  });

  it('has configs that the job takes', () => {
    const config = { ...CONFIG, extractorConfig: { strategy: 'PARKET', sourceTable: '/data' } };
    expect(
      texts((dag) => dag.task('load', { ...TASK, config: config as unknown as typeof CONFIG })),
    ).toEqual([expect.stringContaining('did you mean "PARQUET"?')]);
  });

  it('asks no engine of a target that lacks it', () => {
    const spark = { ...CONFIG, strategyType: 'bigdata' as const };
    expect(texts((dag) => dag.task('load', { ...TASK, config: spark }))).toEqual([
      expect.stringContaining('bash has no engine "bigdata"; use one of row, bulk'),
    ]);
    expect(
      texts((dag) => dag.task('load', { ...TASK, on: bash({ spark: true }), config: spark })),
    ).toEqual([]);
  });

  it.each([
    ['* * * *', 'write five fields'],
    ['0 2 * * * *', 'write five fields'],
    ['0 25 * * *', 'is no schedule'],
    ['0 0 L * *', 'read only'],
    ['0 0 * * 1#2', 'read only'],
    ['0 0 30 2 *', 'never comes'],
  ])('has a cron expression that both read alike: not %s', (expression, says) => {
    expect(load({ schedule: cron(expression) })).toEqual([expect.stringContaining(says)]);
  });

  it('has a time zone that there is', () => {
    expect(load({ schedule: cron('0 2 * * *', 'Mars/Base') })).toHaveLength(1);
  });

  it('has intervals of whole days where windows are of them', () => {
    expect(load({ schedule: cron('0 */6 * * *') })).toEqual([
      expect.stringContaining('comes twice a day'),
    ]);
    expect(
      texts((dag) => dag.task('load', { ...TASK, window: allRows }), {
        schedule: cron('0 */6 * * *'),
      }),
    ).toEqual([]);
  });

  it('has no window by the interval where nothing gives one', () => {
    for (const schedule of [null, [asset('s3://lake/raw')]]) {
      expect(load({ schedule })).toEqual([expect.stringContaining('there is no interval')]);
    }
    const fixed = { ...TASK, window: dates('2024-01-02', '2024-01-01') };
    expect(texts((dag) => dag.task('load', fixed), { schedule: null })).toEqual([
      expect.stringContaining('is no window'),
    ]);
  });

  it('branches on a parameter that it has', () => {
    const mode = choice('mode', ['a', 'b']);
    const write = (dag: Statements) => {
      const a = dag.task('a', TASK);
      const b = dag.task('b', TASK);
      dag.branch('choose', { on: mode, cases: { a, b } });
    };
    expect(texts(write)).toEqual([expect.stringContaining('no parameter "mode"')]);
    expect(texts(write, { params: [mode] })).toEqual([]);
  });

  it('has days that there are, tasks, and lists that are not empty', () => {
    expect(load({ startDate: '2024-02-30' })).toEqual([expect.stringContaining('is no day')]);
    expect(texts(() => undefined)).toEqual(['the DAG "promos" has no tasks']);
    expect(texts((dag) => dag.map('load', { ...TASK, each: [], config: () => CONFIG }))).toEqual([
      '"load" is mapped over an empty list',
    ]);
  });
});

describe('compileDags', () => {
  const compiled = async (write: (dag: Statements) => void) =>
    await compileDags([defineDag('promos', DAILY, write)], '/');
  const hugeConfig = {
    ...CONFIG,
    extractorConfig: { strategy: 'PARQUET' as const, sourceTable: `/${'x'.repeat(20_000)}` },
  };
  const role = { role: 'promos', scriptLocation: 's3://a/generic_entry.py' };

  it('refuses two DAGs of one id', async () => {
    const dag = defineDag('promos', DAILY, (one) => one.task('load', TASK));
    await expect(compileDags([dag, dag], '/')).rejects.toMatchObject({
      code: 'DAG_INVALID',
      message: expect.stringContaining('is there already') as unknown,
    });
  });

  it('refuses settings that the platform would, and an argument that is too large', async () => {
    await expect(
      compiled((dag) => {
        dag.task('a', { ...TASK, on: glue({ ...role, workers: 0 }) });
        dag.task('b', { ...TASK, on: emr({ scriptLocation: 'here' }, { cluster: 'j-1' }) });
        dag.task('c', { ...TASK, on: databricks({ wheels: [] }) });
      }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(
        /glue: workers.*\n.*emr: script_location.*\n.*databricks:/,
      ) as unknown,
    });
    await expect(
      compiled((dag) => dag.task('a', { ...TASK, on: glue(role), config: hugeConfig })),
    ).rejects.toMatchObject({
      message: expect.stringMatching(
        /20\d\d\d bytes is too large for the arguments of glue/,
      ) as unknown,
    });
  });

  it('puts a config that is too large aside, to be uploaded under its hash', async () => {
    const on = glue({ ...role, artifacts: 's3://artifacts/configs' });
    const [file] = await compiled((dag) => dag.task('a', { ...TASK, on, config: hugeConfig }));
    const [[uri, content] = []] = [...(file?.uploads ?? [])];
    expect(uri).toMatch(/^s3:\/\/artifacts\/configs\/config-[0-9a-f]{64}\.json$/);
    expect(Buffer.from(content ?? []).toString()).toContain('xxxx');
    expect(file?.python).toContain(`"@${uri ?? ''}#sha256=`);
  });

  it('imports from one version alone where it is for that one', async () => {
    const only = async (airflow: '2' | '3') => {
      const options = { ...DAILY, airflow };
      const dag = defineDag('promos', options, (one) =>
        one.task('load', { ...TASK, on: glue(role) }),
      );
      const [file] = await compileDags([dag], '/');
      return file?.python;
    };
    expect(await only('2')).toContain('from airflow.models.dag import DAG');
    expect(await only('3')).toContain('from airflow.sdk import DAG');
    for (const version of ['2', '3'] as const) expect(await only(version)).not.toContain('try:');
  });

  it('gives no task the name of something that the file needs', async () => {
    const [file] = await compiled((dag) => {
      for (const id of ['json', 'DAG', 'class', 'as_json', 'a-b', 'a_b']) dag.task(id, TASK);
    });
    const names = [...(file?.python ?? '').matchAll(/^ {4}(\w+) = Dray/gm)].map(([, name]) => name);
    expect(names).toEqual(['json_2', 'DAG_2', 'class_2', 'as_json_2', 'a_b', 'a_b_2']);
  });

  it('is the same text each time', async () => {
    const write = (dag: Statements) => dag.task('load', TASK);
    expect(await compiled(write)).toEqual(await compiled(write));
  });

  it('takes variables of Airflow in settings, and says where it cannot', async () => {
    const [file] = await compiled((dag) =>
      dag.task('a', { ...TASK, on: glue({ ...role, role: variable('glue_role') }) }),
    );
    expect(file?.python).toContain(`iam_role_arn='{{ var.value.get("glue_role") }}'`);
    const config = {
      ...CONFIG,
      stageLoaderConfig: { strategy: 'PARQUET' as const, path: `/${variable('stage')}` },
    };
    await expect(compiled((dag) => dag.task('a', { ...TASK, config }))).rejects.toMatchObject({
      message: expect.stringContaining('so no variable can be') as unknown,
    });
  });
});

it('does not compile with a key that no config, setting or parameter has', () => {
  const mode = choice('mode', ['a', 'b']);
  const write = (dag: Statements): readonly Ref[] => [
    // @ts-expect-error: no config has "extractor"
    dag.task('a', { ...TASK, config: { ...CONFIG, extractor: 1 } }),
    dag.task('b', {
      ...TASK,
      // @ts-expect-error: the strategy has no "sourceTabel"
      config: { extractorConfig: { strategy: 'PARQUET', sourceTabel: '' } },
    }),
    // @ts-expect-error: Glue has no "worker"
    dag.task('c', { ...TASK, on: glue({ worker: 2 }) }),
    // @ts-expect-error: a window is no template
    dag.task('d', { ...TASK, window: '{{ ds }}' }),
    // @ts-expect-error: no rule is called so
    dag.task('e', { ...TASK, triggerRule: 'all_sucess' }),
    // @ts-expect-error: the parameter has a "b" too
    dag.branch('f', { on: mode, cases: { a: dag.join('x') } }),
    // @ts-expect-error: an id is no reference
    dag.join('g').after('a'),
  ];
  expect(write).toBeInstanceOf(Function);
});
