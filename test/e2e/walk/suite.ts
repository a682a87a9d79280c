import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { capabilities } from '../../../strategies/capabilities.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { type RedshiftDouble, startRedshiftDouble } from '../../aws/redshift/cluster.ts';
import { startS3, type TestS3 } from '../../aws/s3.ts';
import { openWorld, ROOT, type World } from '../world.ts';
import type { Ground } from './grounds.ts';
import { startVictims, type Victims } from './victims.ts';
import { dieAndLoad, type Gap, type Path, prepare, type Sources, survey } from './walk.ts';

// Up to sixty kills in a row, a minute or two on two processors.
jest.setTimeout(900_000);

/** As many tries at once; each is a process beside this one. */
const LANES = 2;
/** Every so many tries the next load is a run of its own, and not a retry. */
const NEW_RUN_EVERY = 3;

/** Of so many tries one has its target recounted by `dray verify`; with DRAY_SOAK_VERIFY=1 all have. */
const VERIFY_EVERY = Number(process.env['DRAY_SOAK_VERIFY'] ?? '5');

/** What there is to walk on. */
export interface Country {
  readonly world: World;
  /** @throws Error where there is no Python with moto: a region that needs it says so. */
  readonly aws: () => Cloud;
}

interface Cloud {
  readonly s3: TestS3;
  readonly double: RedshiftDouble;
}

/** A sink on one storage, with all of its modes. */
export interface Region {
  readonly sink: string;
  readonly storage: string;
  readonly needsAws: boolean;
  ground(country: Country): Ground;
}

interface Row {
  readonly title: string;
  readonly mode: string;
  readonly region: Region;
}

function rowsOf(region: Region): readonly Row[] {
  const { sink, storage } = region;
  const found = capabilities().find(({ role, name }) => role === 'writer' && name === sink);
  return (found?.modes ?? []).map((mode) => ({
    title: `${sink} on ${storage}, ${mode}`,
    mode,
    region,
  }));
}

/** Walks through all modes of the regions; one suite for each sink, so that two can run at a time. */
export function describeWalk(regions: readonly Region[]): void {
  describe('kill -9 in every gap between two effects', () => {
    const walked = { paths: 0, points: 0, kills: 0 };
    const needsAws = regions.some((region) => region.needsAws);
    let world: World;
    let victims: Victims;
    let cloud: Cloud | undefined;
    let sources: Sources;

    beforeAll(async () => {
      world = await openWorld();
      await world.session.useExtension('delta', new AbortController().signal);
      sources = { old: await sourceOf(world, 'old'), now: await sourceOf(world, 'now') };
      await mkdir(join(world.folder, 'tmp'));
      if (needsAws && withoutMoto === '') {
        const s3 = await startS3();
        const { postgres, session: engine } = world;
        cloud = { s3, double: await startRedshiftDouble({ postgres, s3: s3.client, engine }) };
      }
      victims = startVictims(join(world.folder, 'tmp'), LANES, cloud?.s3.env);
    });
    afterAll(async () => {
      process.stdout.write(
        `walked ${String(walked.points)} points over ${String(walked.paths)} sinks x modes x storages, with ${String(walked.kills)} kills\n`,
      );
      await victims[Symbol.asyncDispose]();
      await cloud?.double[Symbol.asyncDispose]();
      await cloud?.s3[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    for (const region of regions) {
      const missing = region.needsAws ? withoutMoto : '';
      (missing === '' ? it : it.skip).each(rowsOf(region))(
        `$title: ends in the same content, loaded once${missing}`,
        walkAll,
      );
    }

    async function walkAll({ title, region, mode }: Row): Promise<void> {
      const began = systemClock.monotonicMs();
      const ground = region.ground({ world, aws });
      const path: Path = { ground, mode, name: title.replaceAll(/\W+/g, '_') };
      await prepare(world, path, sources);
      const { gaps, golden } = await survey(world, victims, path, sources);
      expect(golden.leftovers).toEqual([]);
      expect(golden.quarantined).toBeGreaterThan(0);
      const due = [...gaps.entries()];
      const lane = async () => {
        for (let next = due.shift(); next !== undefined; next = due.shift()) {
          await walkTo(path, next[1], next[0], golden);
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      walked.paths += 1;
      const seconds = (systemClock.monotonicMs() - began) / 1000;
      process.stdout.write(`${title}: ${String(gaps.length)} gaps, ${seconds.toFixed(1)} s\n`);
    }

    function aws(): Cloud {
      if (cloud === undefined) throw new Error('no Python with moto');
      return cloud;
    }

    async function walkTo(
      path: Path,
      { places }: Gap,
      index: number,
      golden: unknown,
    ): Promise<void> {
      const [killAt = ''] = places;
      const isNew = path.ground.ages && index % NEW_RUN_EVERY === NEW_RUN_EVERY - 1;
      const again = isNew ? 'new run' : 'retry';
      const isVerified = index % VERIFY_EVERY === 0;
      let outcome: unknown;
      try {
        outcome = await dieAndLoad(world, victims, path, sources, { killAt, again, isVerified });
      } catch (error) {
        throw new Error(`killed at ${killAt}, then a ${again}`, { cause: error });
      }
      expect({ killAt, again, outcome }).toEqual({ killAt, again, outcome: golden });
      walked.kills += 1;
      walked.points += places.length;
    }
  });
}

/** A few hundred rows a week; `old` has other rows and other values, and `now` has a bad row, too. */
async function sourceOf(world: World, state: 'old' | 'now'): Promise<string> {
  const folder = join(world.folder, state);
  await mkdir(folder);
  for (const week of [23, 24, 25]) {
    const rows = `read_parquet('${ROOT}/data/sample/promotions/week-${String(week)}.parquet')`;
    const query =
      state === 'now'
        ? `select * from ${rows} where product_id % 400 = 7
           union all (select * replace (null as store_id) from ${rows} where product_id % 400 = 7 limit 1)`
        : `select * replace ('0' as display_location) from ${rows} where product_id % 400 in (7, 8) and store_id % 2 = 0`;
    await world.duckdb(
      `copy (${query} order by all) to '${folder}/week-${String(week)}.parquet' (format parquet)`,
    );
  }
  return folder;
}
