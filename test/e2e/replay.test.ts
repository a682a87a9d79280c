import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { openScene, type Scene, WINDOW } from './scene.ts';
import { contentsOf, type Prepared } from './world.ts';

let scene: Scene;
/** A week whose bad rows are the better ones of keys that it has twice. */
let broken: string;
let at: Prepared;

beforeAll(async () => {
  scene = await openScene();
  broken = await written('broken', `case when n % 50 = 0 then '?' else display_location end`);
  at = await target('replayed', broken);
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

/** Week 24 with every 50th row twice: as it is, and with the display that the expression gives. */
async function written(name: string, display: string): Promise<string> {
  const path = join(scene.world.folder, `${name}.parquet`);
  const week = quote(join(scene.source, 'week-24.parquet'));
  await scene.world.duckdb(
    `copy (
       select product_id, store_id, ${display} as display_location, mailer_location, week
       from (select *, file_row_number as n from read_parquet(${week}, file_row_number = true))
       union all
       select product_id, store_id, '0' as display_location, mailer_location, week
       from (select *, file_row_number as n from read_parquet(${week}, file_row_number = true))
       where n % 50 = 0
     ) to ${quote(path)} (format parquet)`,
  );
  return path;
}

async function target(name: string, source: string): Promise<Prepared> {
  const quality = { max_quarantined_ratio: 0.5 };
  return await scene.world.config(name, { source, set: { quality } });
}

function placeOf(runId: string): string {
  return `${at.stage}.quarantine/run_id=${runId}/part-0.parquet`;
}

/** Corrects a quarantine's file as people do: read, change, write over it. */
async function edit(runId: string, changed: string): Promise<void> {
  const place = quote(placeOf(runId));
  await scene.world.duckdb(
    `create or replace table edited as ${changed.replaceAll('KEPT', `read_parquet(${place}, hive_partitioning = false)`)}`,
  );
  await scene.world.duckdb(`copy edited to ${place} (format parquet)`);
}

/** What is listed of these runs, the newest first. */
const listed = async (...runs: readonly string[]) => {
  const { stdout } = await scene.world.dray('quarantine', 'list', '--json');
  const all = JSON.parse(stdout) as readonly Record<string, unknown>[];
  return all.filter((each) => runs.includes(String(each['run_id'])));
};

const replay = async (runId: string, ...flags: readonly string[]) =>
  await scene.world.dray('quarantine', 'replay', runId, '--json', ...flags);

let replayId: string;

describe('quarantined rows', () => {
  it('are listed and shown with their rules, file and row', async () => {
    const { world } = scene;
    const { code, line } = await world.run([...at.args, ...WINDOW, '--run_id', 'bad']);
    expect(code).toBe(0);
    const { quarantined = 0 } = line?.['counts'] as Record<string, number>;
    expect(quarantined).toBeGreaterThan(50);
    expect(await listed('bad')).toMatchObject([
      {
        ...{ run_id: 'bad', job: 'load_promos', window: '2017-06-05 to 2017-06-12' },
        ...{ rows: quarantined, rules: { display_location_accepted: quarantined } },
        ...{ place: placeOf('bad'), replayed_by: null, left: quarantined },
      },
    ]);
    const list = await world.dray('quarantine', 'list');
    expect(list.stdout).toMatch(/bad +(load_promos +)?2017-06-05 to 2017-06-12 +\d+ +open/);
    const shown = await world.dray('quarantine', 'show', 'bad', '--limit', '2');
    expect(shown.stdout.trim().split('\n')).toHaveLength(3);
    expect(shown.stdout).toMatch(/display_location_accepted +broken\.parquet +0 /);
    expect(shown.stderr).toContain(`2 of ${String(quarantined)} rows`);
    const json = await world.dray(
      ...['quarantine', 'show', 'bad', '--rule', 'display_location_accepted', '--json'],
    );
    expect((JSON.parse(json.stdout) as unknown[])[0]).toMatchObject({
      ...{ rules: ['display_location_accepted'], display_location: '?' },
      ...{ source_file: broken, source_row_number: '0' },
    });
    const other = await world.dray('quarantine', 'show', 'bad', '--rule', 'week_range');
    expect(other.stderr).toContain('no row broke "week_range"');
  });

  it('once some are corrected, load as a load of the repaired source would', async () => {
    await edit(
      'bad',
      `select * replace (case when source_row_number % 100 = 0 then '1' else display_location end as display_location) from KEPT`,
    );
    const { code, line } = await replay('bad');
    expect(code).toBe(0);
    replayId = String(line?.['run_id']);
    const half = await written(
      'half',
      `case when n % 100 = 0 then '1' when n % 50 = 0 then '?' else display_location end`,
    );
    const expected = await target('half', half);
    const plain = await scene.world.run([...expected.args, ...WINDOW]);
    expect(line?.['counts']).toEqual(plain.line?.['counts']);
    expect(await contentsOf(scene.world, at)).toEqual(await contentsOf(scene.world, expected));
    const verified = await scene.world.dray('verify', '--config', at.file);
    expect(verified.code).toBe(0);
    const left = (line?.['counts'] as Record<string, number>)['quarantined'];
    expect(await listed('bad', replayId)).toMatchObject([
      { run_id: replayId, rows: left, left },
      { run_id: 'bad', replayed_by: replayId, left },
    ]);
  });

  it('are not loaded twice by a second replay, which says so', async () => {
    const before = await contentsOf(scene.world, at);
    const { code, line, stderr } = await replay('bad');
    expect([code, stderr.includes('reused, nothing loaded twice')]).toEqual([0, true]);
    expect(line).toMatchObject({ sinks: [{ reused: true }, { reused: true }, { reused: true }] });
    expect(await contentsOf(scene.world, at)).toEqual(before);
    expect(await listed('bad', replayId)).toMatchObject([
      { run_id: replayId },
      { replayed_by: replayId },
    ]);
  });

  it('that are left are replayed with those before them, until none is', async () => {
    await edit(replayId, `select * replace ('1' as display_location) from KEPT`);
    const { line } = await replay(replayId);
    expect(line).toMatchObject({ counts: { quarantined: 0 } });
    const repaired = await target(
      'repaired',
      await written('repaired', `case when n % 50 = 0 then '1' else display_location end`),
    );
    await scene.world.run([...repaired.args, ...WINDOW]);
    expect(await contentsOf(scene.world, at)).toEqual(await contentsOf(scene.world, repaired));
    const { stdout } = await scene.world.dray('quarantine', 'list');
    expect(stdout).toMatch(new RegExp(`${replayId} .* replayed `));
  });
});

describe('a replay is refused, and loads nothing,', () => {
  const expectRefusal = async (runId: string, code: string, says: string) => {
    const before = await contentsOf(scene.world, at);
    const { line, stderr } = await replay(runId);
    expect(line).toMatchObject({ error: { code } });
    expect(stderr).toContain(says);
    expect(await contentsOf(scene.world, at)).toEqual(before);
  };

  it('where the file names a row twice, or one that the source does not have', async () => {
    await copyFile(placeOf('bad'), join(scene.world.folder, 'kept'));
    await edit('bad', 'select * from KEPT union all (select * from KEPT limit 1)');
    await expectRefusal('bad', 'REPLAY_REFUSED', 'each once');
    await copyFile(join(scene.world.folder, 'kept'), placeOf('bad'));
    await edit(
      'bad',
      'select * replace (source_row_number + 1000000 as source_row_number) from KEPT',
    );
    await expectRefusal('bad', 'REPLAY_REFUSED', 'of which the source has 0');
    await copyFile(join(scene.world.folder, 'kept'), placeOf('bad'));
    await edit('bad', 'select * exclude (week) from KEPT');
    await expectRefusal('bad', 'REPLAY_REFUSED', 'has no column "week"');
    await copyFile(join(scene.world.folder, 'kept'), placeOf('bad'));
  });

  it('where a correction is no value of its column', async () => {
    await edit('bad', `select * replace ('twenty' as week) from KEPT`);
    await expectRefusal('bad', 'VALUE_INVALID', "'twenty'");
    await copyFile(join(scene.world.folder, 'kept'), placeOf('bad'));
  });

  it('where the source has changed', async () => {
    await written('broken', `'?'`);
    await expectRefusal('bad', 'REPLAY_REFUSED', 'has changed since the rows were quarantined');
  });

  it('where there is no such run, or none with rows in quarantine', async () => {
    const unknown = await scene.world.dray('quarantine', 'replay', 'nobody');
    expect([unknown.code, unknown.stderr.includes('RUN_UNKNOWN')]).toEqual([2, true]);
    await scene.world.run([
      ...at.args,
      '--start_date',
      '2016-12-26',
      '--end_date',
      '2017-01-02',
      '--run_id',
      'clean',
    ]);
    const clean = await scene.world.dray('quarantine', 'show', 'clean');
    expect([clean.code, clean.stderr.includes('has no quarantined rows')]).toEqual([2, true]);
  });
});
