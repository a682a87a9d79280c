import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sparkVersions, withoutSpark } from '../spark/server.ts';
import { launchSpark } from '../launcher/launch.ts';
import { buildDist } from './built.ts';
import { type Contents, contentsOf, openWorld, ROOT, type World } from './world.ts';

const WEEK_24 = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const products_table = join(ROOT, 'data/sample/products.parquet');
let world: World;

beforeAll(async () => {
  await buildDist();
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

interface Loaded {
  readonly contents: Contents;
  readonly counts: unknown;
}

interface Run {
  readonly line: unknown;
  readonly stderr: string;
}

/** What every engine has to come to: DuckDB's rows, which other suites hold against other judges. */
let expected: Loaded;

async function loaded(
  name: string,
  strategy_type: string,
  run: (args: readonly string[]) => Promise<Run>,
): Promise<Loaded> {
  const at = await world.config(name, { set: { strategy_type, products_table } });
  const { line, stderr } = await run([...at.args, ...WEEK_24]);
  expect(stderr).toContain('completed');
  expect(line).toMatchObject({ exit_code: 0, engine: strategy_type });
  const { counts } = line as { counts: unknown };
  return { contents: await contentsOf(world, at), counts };
}

beforeAll(async () => {
  expected = await loaded('on-bulk', 'bulk', (args) => world.run(args));
});

describe('the same week on every engine', () => {
  it('is the same in all three sinks on bulk', () => {
    const { unity, stage, redshift } = expected.contents;
    expect(unity).toMatch(/^133884\/133884\//);
    expect([stage, redshift]).toEqual([unity, unity]);
  });

  it('is loaded by row with the same rows and the same accounting', async () => {
    const { contents, counts } = await loaded('on-row', 'row', (args) => world.run(args));
    expect(contents).toEqual(expected.contents);
    expect(counts).toEqual(expected.counts);
  });
});

const onSpark = withoutSpark === '' ? describe.each(sparkVersions) : describe.skip.each(['Spark']);

onSpark(`the same week from the bundle on Spark %s${withoutSpark}`, (version) => {
  it('is loaded by bigdata with the same rows and the same accounting, none of which Node has seen', async () => {
    const file = join(world.folder, `usage-${version}`);
    const { contents, counts } = await loaded(`on-${version}`, 'bigdata', async (args) => {
      using launched = launchSpark(version, args, {
        DRAY_BUNDLE: join(ROOT, 'test/e2e/measured-entry.ts'),
        DRAY_TEST_BUNDLE: join(ROOT, 'dist/generic-entry.mjs'),
        DRAY_TEST_USAGE: file,
        PROMOS_DB_PASSWORD: world.postgres.password,
      });
      const { lines, stderr } = await launched.ended;
      return { line: lines[0], stderr };
    });
    expect(contents).toEqual(expected.contents);
    expect(counts).toEqual(expected.counts);
    const { peakMb, fromSpark } = JSON.parse(await readFile(file, 'utf8')) as Record<
      string,
      number
    >;
    expect(peakMb).toBeLessThan(200);
    // Schemas, counts and three sample rows of each sink; the keys of the rows alone take 4 MB.
    expect(fromSpark).toBeGreaterThan(1_000);
    expect(fromSpark).toBeLessThan(1_000_000);
  }, 300_000);
});
