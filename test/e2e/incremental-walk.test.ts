import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Feed, openFeed } from './feed.ts';
import { openWorld, type Prepared, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const MOMENTS = [
  'quarantine:keep:after#1',
  'postgres:staging:after#1',
  'postgres:commit:before#1',
  'postgres:commit:after#1',
  'delta:ledger:after#1',
  'delta:commit:after#1',
  'parquet:publish:after#1',
  'parquet:manifest:after#1',
];
const run = fc.record({
  kind: fc.constant('run' as const),
  kill: fc.option(fc.constantFrom(...MOMENTS)),
  retries: fc.boolean(),
});
const add = fc.record({
  kind: fc.constant('add' as const),
  rows: fc.integer({ min: 1, max: 4 }),
  late: fc.integer({ min: 0, max: 3 }),
});
const walks = fc.array(fc.oneof(add, run), { minLength: 12, maxLength: 12 });

/** Adds and runs, some of them killed; `late` rows are up to 30 s behind the newest. */
async function walk(
  feed: Feed,
  at: Prepared,
  steps: readonly (typeof walks extends fc.Arbitrary<infer Steps> ? Steps : never)[number][],
  isLate: boolean,
): Promise<number> {
  let rows = 0;
  let seconds = 100;
  let runs = 0;
  for (const step of steps) {
    if (step.kind === 'add') {
      const ids = Array.from({ length: step.rows }, (_, index) => rows + index + 1);
      rows += step.rows;
      seconds += 10;
      await feed.add(ids, isLate ? seconds - step.late * 10 : seconds);
      continue;
    }
    const { kill, retries } = step;
    const id = [
      '--run_id',
      `${feed.table.replace('feed.', '')}-${String(retries ? runs : ++runs)}`,
    ];
    await world.run(
      [...at.args, ...id, '--attempt', String(retries ? 2 : 1)],
      kill === null ? {} : { DRAY_TEST_FAIL: `${kill}=kill` },
    );
  }
  for (;;) {
    const last = await world.run(at.args);
    expect(`${last.stderr} ${String(last.code)}`).toMatch(/ 0$/);
    const sinks = (last.line?.['sinks'] ?? []) as readonly { readonly status: string }[];
    if (sinks.every(({ status }) => status === 'untouched') || isLate) return rows;
  }
}

it.each([
  ['append', false],
  ['merge', true],
])('random steps of mode %s end with every row once', async (mode, isLate) => {
  const seed = randomInt(1_000_000);
  const [steps = []] = fc.sample(walks, { numRuns: 1, seed });
  const feed = await openFeed(world, `walk_${mode}`);
  const at = await feed.follow(`walk-${mode}`, {
    mode,
    incremental: {
      cursor_column: 'updated_at',
      ...(isLate ? { look_back: '10 minutes' } : {}),
    },
    ...(isLate ? { set: { stage_loader_config: undefined } } : {}),
  });
  const rows = await walk(feed, at, steps, isLate);
  const all = Array.from({ length: rows }, (_, index) => index + 1);
  const told = `seed ${String(seed)}: ${JSON.stringify(steps)}`;
  const ids = (found: readonly Readonly<Record<string, unknown>>[]) => ({
    told,
    ids: found.map((row) => Number(row['product_id'])),
  });
  await world.session.useExtension('delta', new AbortController().signal);
  const query = 'select product_id from';
  expect(ids(await world.query(`${query} ${at.table} order by 1`))).toEqual({ told, ids: all });
  expect(ids(await world.duckdb(`${query} delta_scan('${at.unity}') order by 1`))).toEqual({
    told,
    ids: all,
  });
  expect((await world.dray('verify', '--config', at.file)).code).toBe(0);
});
