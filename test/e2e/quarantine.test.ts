import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { expectFailure, expectLoads, openScene, type Scene } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

/** A source of week 24 in which every so many-th row has a display code that nobody knows. */
async function breaking(name: string, every: number): Promise<string> {
  const path = join(scene.world.folder, name);
  const week = quote(join(scene.source, 'week-24.parquet'));
  await scene.world.duckdb(
    `copy (select * exclude (file_row_number) replace (case when file_row_number % ${String(every)} = 0
         then '?' else display_location end as display_location)
       from read_parquet(${week}, file_row_number = true)) to ${quote(path)} (format parquet)`,
  );
  return path;
}

function placeOf(runId: string): string {
  return `${scene.at.stage}.quarantine/run_id=${runId}/part-0.parquet`;
}

async function kept(runId: string) {
  return await scene.world.duckdb(
    `select count(*) as rows, count(distinct source_row_number) as places, min(rules)::varchar as rules,
       min(source_file) as file, min(attempt) as attempt, max(display_location) as code
     from read_parquet(${quote(placeOf(runId))}, hive_partitioning = false)`,
  );
}

describe('rows that break a rule', () => {
  it('end the run with exit 4 when they are too many: nothing is loaded, they are kept with reason, file and row', async () => {
    const path = await breaking('many.parquet', 3);
    const [{ rows } = { rows: 0n }] = await scene.world.duckdb(
      `select count(*) as rows from read_parquet(${quote(path)}) where display_location = '?'`,
    );
    const run = ['--run_id', 'too-many'];
    const args = [...(await scene.args({ extractor_config: { source_table: path } })), ...run];
    await expectFailure(scene, args, {
      exit: 4,
      code: 'QUARANTINE_LIMIT',
      says: [`${String(rows)} of `, 'at most 0.01', placeOf('too-many'), 'max_quarantined_ratio'],
    });
    expect(await kept('too-many')).toEqual([
      {
        rows,
        places: rows,
        rules: '[display_location_accepted]',
        file: path,
        attempt: 1,
        code: '?',
      },
    ]);
    const origins = await scene.world.duckdb(
      `select bool_and(s.product_id::varchar = q.product_id and s.display_location = '?') as same
       from read_parquet(${quote(placeOf('too-many'))}, hive_partitioning = false) q
       join read_parquet(${quote(path)}, file_row_number = true) s on s.file_row_number = q.source_row_number`,
    );
    expect(origins).toEqual([{ same: true }]);
  });

  it('are replaced in the quarantine by those that a retry finds', async () => {
    const path = await breaking('many.parquet', 1000);
    const run = ['--run_id', 'too-many', '--attempt', '2'];
    const args = [...(await scene.args({ extractor_config: { source_table: path } })), ...run];
    const { line } = await expectLoads(scene, args);
    expect(line).toMatchObject({ counts: { quarantined: 4 } });
    expect(await kept('too-many')).toMatchObject([{ rows: 4n, attempt: 2 }]);
  });

  it('are left out and counted when they are few, and the law holds in every sink', async () => {
    const path = await breaking('few.parquet', 200);
    const run = ['--run_id', 'few'];
    const args = [...(await scene.args({ extractor_config: { source_table: path } })), ...run];
    const { line, stderr } = await expectLoads(scene, args);
    const { read, quarantined, filtered, deduplicated } = line?.['counts'] as Record<
      string,
      number
    >;
    expect(quarantined).toBeGreaterThan(10);
    expect(await kept('few')).toMatchObject([{ rows: BigInt(quarantined ?? 0) }]);
    const loaded = Number(read) - Number(quarantined) - Number(filtered) - Number(deduplicated);
    expect(line).toMatchObject({ sinks: [{ loaded }, { loaded }, { loaded }] });
    const rows = await scene.world.query(
      `select count(*)::int as rows from ${scene.at.table} where week = 24`,
    );
    expect(rows).toEqual([{ rows: loaded }]);
    expect(stderr).toMatch(/display_location_accepted +quarantine +[\d,]+ +\d+ +! quarantined/);
    const { files } = await scene.state();
    expect(files.filter((file) => file.includes('quarantine'))).toEqual([]);
  });
});
