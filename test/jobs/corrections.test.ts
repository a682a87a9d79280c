import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { quote, type SqlSession } from '../../core/engine.ts';
import type { Source } from '../../core/strategy.ts';
import { openBulkEngine } from '../../engines/bulk/session.ts';
import { correctedSource } from '../../jobs/corrections.ts';
import { withOrigin } from '../../strategies/readers/jdbc-copy.ts';
import { CONTEXT } from './quality/orders.ts';

const { signal } = new AbortController();
let session: SqlSession;
let folder: string;
let files = 0;

beforeAll(async () => {
  session = await openBulkEngine({}, systemClock, signal);
  folder = await mkdtemp(join(tmpdir(), 'dray-corrections-'));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A table that anybody may change until it is read. */
function tableOf(rows: () => string): Source {
  const columns = [
    { name: 'id', type: 'INTEGER' },
    { name: 'name', type: 'VARCHAR' },
    { name: 'seen', type: 'TIMESTAMP WITH TIME ZONE' },
  ];
  const described = {
    ...{ location: 'postgresql://warehouse/public.t', columns },
    snapshot: [{ name: 'jdbc', version: String(Math.random()) }],
    assertUnchanged: () => Promise.resolve(),
  };
  return {
    ...{ ...described, relation: 'nothing', relationWithOrigin: 'nothing' },
    materialize: () =>
      Promise.resolve({
        ...described,
        relation: rows(),
        relationWithOrigin: withOrigin(described, rows()),
      }),
  };
}

const ROWS = `select 1 + i::integer // 3 as id, ['a', null][1 + i::integer // 3] as name,
  timestamptz '2017-06-05 10:00:00.5+00' as seen from range(6) t(i)`;

/** What a run keeps of the rows for which a condition holds. */
async function keep(source: Source, where: string): Promise<string> {
  const place = join(folder, `kept-${String(++files)}.parquet`);
  const { relationWithOrigin = '' } = (await source.materialize?.(signal)) ?? {};
  await session.run(
    `copy (select id::varchar as id, name, seen::varchar as seen, ['rule'] as rules, __file as source_file,
       __row as source_row_number from (${relationWithOrigin}) where ${where}) to ${quote(place)} (format parquet)`,
    signal,
  );
  return place;
}

async function edit(place: string, changed: string): Promise<void> {
  await session.run(
    `create or replace table edited as ${changed.replaceAll('KEPT', `read_parquet(${quote(place)})`)}`,
    signal,
  );
  await session.run(`copy edited to ${quote(place)} (format parquet)`, signal);
}

async function correctedRows(source: Source, ...places: readonly string[]): Promise<string> {
  const corrections = { places, source: 'of then' };
  const corrected = await correctedSource(source, corrections, session, CONTEXT, signal);
  const still = await corrected.materialize?.(signal);
  const rows = await session.rows(
    `select concat_ws(' ', id, coalesce(name, '-'), count(*)) as text from (${still?.relation ?? ''}) group by id, name order by all`,
    signal,
  );
  return rows.map(({ text }) => String(text)).join(', ');
}

describe('rows of a table', () => {
  const table = tableOf(() => ROWS);

  it('are found by their values, equal rows as many times as the file has them', async () => {
    const place = await keep(table, 'id = 1');
    await edit(place, `select * replace ('good' as name) from KEPT limit 2`);
    expect(await correctedRows(table, place)).toBe('1 a 1, 1 good 2, 2 - 3');
    const all = await keep(table, 'true');
    await edit(all, `select * replace ('all' as name) from KEPT`);
    expect(await correctedRows(table, all)).toBe('1 all 3, 2 all 3');
  });

  it('are what a later file says of them', async () => {
    const first = await keep(table, 'id = 2');
    await edit(first, `select * replace ('first' as name) from KEPT`);
    const second = await keep(table, 'id = 2');
    await edit(second, `select * replace ('second' as name) from KEPT limit 1`);
    expect(await correctedRows(table, first, second)).toBe('1 a 3, 2 first 2, 2 second 1');
  });

  it('are corrected among others that have changed since', async () => {
    let rows = ROWS;
    const live = tableOf(() => rows);
    const place = await keep(live, 'id = 1');
    await edit(place, `select * replace ('good' as name) from KEPT`);
    rows = `${ROWS} union all select 7, 'new', null`;
    expect(await correctedRows(live, place)).toBe('1 good 3, 2 - 3, 7 new 1');
  });

  it('are refused where they are no longer what they were, or the file has one more', async () => {
    let rows = ROWS;
    const live = tableOf(() => rows);
    const place = await keep(live, 'id = 1');
    rows = `select * replace (seen + interval 1 microsecond as seen) from (${ROWS})`;
    const refused = correctedRows(live, place);
    await expect(refused).rejects.toMatchObject({
      code: 'REPLAY_REFUSED',
      message: `${place} has 3 rows, for 1 places of which the source has 0`,
      hint: expect.stringContaining('changed in the table meanwhile'),
    });
    await edit(place, 'select * from KEPT union all (select * from KEPT limit 1)');
    rows = ROWS;
    await expect(correctedRows(live, place)).rejects.toMatchObject({ code: 'REPLAY_REFUSED' });
  });

  it('are refused before anything is read where the file lacks a column', async () => {
    const place = await keep(table, 'id = 1');
    await edit(place, 'select * exclude (seen) from KEPT');
    const corrections = { places: [place], source: 'of then' };
    await expect(
      correctedSource(table, corrections, session, CONTEXT, signal),
    ).rejects.toMatchObject({
      code: 'REPLAY_REFUSED',
      message: `${place} has no column "seen"`,
    });
  });
});
