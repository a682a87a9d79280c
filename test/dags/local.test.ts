import { describe, expect, it } from '@jest/globals';
import { defineDag, type Statements } from '../../dags/define.ts';
import { executeDag, hasSucceeded } from '../../dags/local/execute.ts';
import { lanes } from '../../dags/local/lanes.ts';
import { choice } from '../../dags/param.ts';
import { bash } from '../../dags/target.ts';
import { lookBack } from '../../dags/window.ts';
import { loadPromos } from '../../jobs/load-promos/job.ts';

const TASK = {
  job: loadPromos,
  on: bash(),
  config: { extractorConfig: { strategy: 'PARQUET', sourceTable: '/data' } },
} as const;
const MODE = choice('mode', ['daily', 'full']);
const forever = new AbortController().signal;
const WEEK = { startDate: '2024-01-01', endDate: '2024-01-08' };

/** Runs a DAG whose tasks end with these exit codes, one for each try; others end with 0. */
async function run(
  write: (dag: Statements) => void,
  codes: Readonly<Record<string, readonly number[]>> = {},
  { params = {}, count = 2 }: { params?: Record<string, string>; count?: number } = {},
) {
  const dag = defineDag('d', { schedule: null, startDate: '2024-01-01', params: [MODE] }, write);
  const tries: string[] = [];
  const slept: number[] = [];
  let working = 0;
  let most = 0;
  const states = await executeDag(
    dag,
    { name: 'r', interval: WEEK, params },
    {
      clock: {
        now: () => new Date(0),
        monotonicMs: () => 0,
        sleep(ms) {
          slept.push(ms);
          return Promise.resolve();
        },
      },
      inLane: lanes(count),
      tell: () => undefined,
      async runTask({ runId, window }) {
        most = Math.max(most, ++working);
        await new Promise(setImmediate);
        working -= 1;
        const task = runId.replace(/^d\./, '').replace('.r', '');
        tries.push(`${task} ${window?.startDate ?? ''}`);
        return codes[task]?.[tries.filter((one) => one.startsWith(`${task} `)).length - 1] ?? 0;
      },
    },
    forever,
  );
  return { states: Object.fromEntries(states), ok: hasSucceeded(dag, states), tries, slept, most };
}

describe('a DAG without Airflow', () => {
  it('says once that it has missed its deadline, and goes on', async () => {
    const deadline = { after: { hours: 1, minutes: 30 }, notify: [] };
    async function toldAfter(msPerTask: number) {
      const options = { schedule: null, startDate: '2024-01-01', deadline };
      const dag = defineDag('d', options, (write) => {
        write.task('b', TASK).after(write.task('a', TASK));
      });
      let ms = 0;
      const told: string[] = [];
      const services = {
        clock: { now: () => new Date(0), monotonicMs: () => ms, sleep: () => Promise.resolve() },
        ...{ inLane: lanes(1), tell: (line: string) => told.push(line) },
        runTask: () => Promise.resolve((ms += msPerTask) * 0),
      };
      await executeDag(dag, { name: 'r', interval: WEEK, params: {} }, services, forever);
      return told;
    }
    const late = 'd r: missed its deadline, 1 h 30 min after it began';
    expect(await toldAfter(5_400_001)).toEqual(['d.a r: success', late, 'd.b r: success']);
    expect(await toldAfter(2_700_000)).toEqual(['d.a r: success', 'd.b r: success']);
  });

  it('runs tasks in their order, groups and mapped ones too, with their windows', async () => {
    const { tries, ok } = await run((dag) => {
      const last = dag.task('last', { ...TASK, window: lookBack(1) });
      const group = dag.group('g', (inside) => {
        const a = inside.task('a', TASK);
        inside.map('b', { ...TASK, each: [1, 2], config: () => TASK.config }).after(a);
      });
      dag.task('first', TASK).before(group);
      last.after(group);
    });
    expect(tries).toEqual([
      ...['first 2024-01-01', 'g.a 2024-01-01', 'g.b.0 2024-01-01', 'g.b.1 2024-01-01'],
      'last 2023-12-31',
    ]);
    expect(ok).toBe(true);
  });

  it('tries again what is worth it, and waits longer each time', async () => {
    const options = {
      ...{ retries: 3, retryDelay: { seconds: 10 }, retryBackoff: true },
      maxRetryDelay: { seconds: 25 },
    };
    const { states, slept } = await run(
      (dag) => {
        dag.task('flaky', { ...TASK, ...options });
        dag.task('hopeless', { ...TASK, ...options });
        dag.task('invalid', { ...TASK, ...options });
      },
      { flaky: [3, 143, 3, 0], hopeless: [3, 3, 3, 3], invalid: [2] },
      { count: 1 },
    );
    expect(states).toEqual({ flaky: 'success', hopeless: 'failed', invalid: 'failed' });
    expect(slept.toSorted((a, b) => a - b)).toEqual([
      10_000, 10_000, 20_000, 20_000, 25_000, 25_000,
    ]);
  });

  it('keeps trigger rules, and fails as a run when one of its ends has failed', async () => {
    const { states, ok } = await run(
      (dag) => {
        const bad = dag.task('bad', TASK);
        const good = dag.task('good', TASK);
        dag.task('after_both', TASK).after(bad, good);
        dag.task('whatever', { ...TASK, triggerRule: 'all_done' }).after(bad, good);
        dag.task('on_failure', { ...TASK, triggerRule: 'one_failed' }).after(bad, good);
        dag.task('on_trouble', { ...TASK, triggerRule: 'one_failed' }).after(good);
      },
      { bad: [1] },
    );
    expect(states).toEqual({
      ...{ bad: 'failed', good: 'success', after_both: 'upstream_failed', whatever: 'success' },
      ...{ on_failure: 'success', on_trouble: 'skipped' },
    });
    expect(ok).toBe(false);
  });

  it.each([
    [{}, { daily: 'success', full: 'skipped', after_full: 'skipped' }],
    [{ mode: 'full' }, { daily: 'skipped', full: 'success', after_full: 'success' }],
  ])('takes the way that a parameter chooses: %j', async (params, expected) => {
    const { states } = await run(
      (dag) => {
        const daily = dag.task('daily', TASK);
        const full = dag.task('full', TASK);
        const choose = dag.branch('choose', { on: MODE, cases: { daily, full } });
        dag.task('after_full', TASK).after(full);
        const rule = { triggerRule: 'none_failed_min_one_success' } as const;
        dag.join('done', rule).after(daily, full, choose);
      },
      {},
      { params },
    );
    expect(states).toEqual({ ...expected, choose: 'success', done: 'success' });
  });

  it('has no more tasks at work than it may', async () => {
    const write = (dag: Statements) => {
      for (let n = 0; n < 6; n += 1) dag.task(`t${String(n)}`, TASK);
    };
    expect((await run(write, {}, { count: 2 })).most).toBe(2);
    expect((await run(write, {}, { count: 6 })).most).toBe(6);
  });
});
