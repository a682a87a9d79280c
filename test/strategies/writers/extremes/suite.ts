import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../../../core/clock.ts';
import type { EngineName } from '../../../../core/engine.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../../entry/start/embedded-postgres.ts';
import { openBulkEngine } from '../../../../engines/bulk/session.ts';
import type { PlanSession } from '../../../../plan/session.ts';
import { withoutMoto } from '../../../aws/moto.ts';
import { ROLE, startRedshiftDouble } from '../../../aws/redshift/cluster.ts';
import { BUCKET, startS3 } from '../../../aws/s3.ts';
import { contractOf, loadFile, type Loader, never, openPlans } from './loading.ts';

const run = promisify(execFile);
const PYTHON = process.env['DRAY_TEST_PYTHON'] ?? '';
const SCRIPT = join(import.meta.dirname, '../../../python/extremes.py');
/** DRAY_SOAK_ROWS=1000000 takes a million. */
const ROWS = Number(process.env['DRAY_SOAK_ROWS'] ?? '100000');
const SECONDS = 600_000;
const EXTENSIONS = join(import.meta.dirname, '../../../../.dray/extensions');

/** What a suite that needs pyarrow and delta-rs appends to its title. */
const withoutPython = PYTHON === '' ? ' (skipped: no Python)' : '';

const EVERYTHING = contractOf({
  n: { kind: 'int64' },
  d: { kind: 'decimal', precision: 38, scale: 18 },
  t: { kind: 'timestamp' },
  day: { kind: 'date' },
  s: { kind: 'string' },
  f: { kind: 'float64' },
  b: { kind: 'bool' },
});

/** The line that extremes.py writes of a row, as Postgres says it. */
const LINE = `concat_ws('|', '=' || id, coalesce('=' || n, ''), coalesce('=' || d, ''),
  coalesce('=' || (extract(epoch from t) * 1000000)::bigint, ''),
  coalesce('=' || (day - date '1970-01-01'), ''),
  coalesce('=' || encode(convert_to(s, 'UTF8'), 'hex'), ''),
  coalesce('=' || case when f = 'NaN' then 'nan' else encode(float8send(f), 'hex') end, ''),
  coalesce('=' || b, ''))`;

/** Extreme values through an engine into every sink, read back by others. */
export function describeExtremes(engine: EngineName, sparkRemote?: () => string): void {
  (withoutPython === '' ? describe : describe.skip)(
    `extreme values on ${engine}${withoutPython}`,
    () => {
      let folder: string;
      let server: EmbeddedPostgres;
      let session: PlanSession;
      let source: string;
      let expected: readonly string[];

      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'dray-extremes-'));
        await chmod(folder, 0o755);
        server = await startEmbeddedPostgres(
          { dataDir: join(folder, 'postgres'), settings: { fsync: 'off' } },
          never,
        );
        source = join(folder, 'source.parquet');
        await run(PYTHON, [SCRIPT, 'make', source, String(ROWS), join(folder, 'expected')]);
        expected = await linesIn('expected');
        session = await openPlans(engine, folder, sparkRemote?.());
      }, SECONDS);
      afterAll(async () => {
        await session[Symbol.asyncDispose]();
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      });

      const linesIn = async (name: string) =>
        (await readFile(join(folder, name), 'utf8')).split('\n');
      const postgres = (table: string): Loader => ({
        strategy: 'POSTGRES',
        jdbcUrl: `jdbc:postgresql://127.0.0.1:${String(server.port)}/${server.database}`,
        table: `public.${table}`,
        properties: { user: server.user, password: server.password },
      });

      /** Compares without printing a hundred thousand lines. */
      function expectSame(found: readonly string[]): void {
        const wrong = expected.flatMap((line, index) =>
          line === found[index] ? [] : [{ expected: line, found: found[index] }],
        );
        expect(wrong.slice(0, 5)).toEqual([]);
        expect(found).toHaveLength(expected.length);
      }

      it.each(['DELTA', 'PARQUET'] as const)(
        'come into %s unchanged',
        async (strategy) => {
          const path = join(folder, strategy);
          const began = systemClock.monotonicMs();
          expect(await loadFile(session, source, EVERYTHING, { strategy, path })).toBe(ROWS);
          say(strategy, began);
          await run(PYTHON, [SCRIPT, strategy.toLowerCase(), path, join(folder, 'found')]);
          expectSame(await linesIn('found'));
        },
        SECONDS,
      );

      it(
        'come into POSTGRES unchanged',
        async () => {
          const began = systemClock.monotonicMs();
          expect(await loadFile(session, source, EVERYTHING, postgres('extremes'))).toBe(ROWS);
          say('POSTGRES', began);
          expectSame(await query(`select ${LINE} as line from extremes order by id`));
        },
        SECONDS,
      );

      (withoutMoto === '' ? it : it.skip)(
        `come into REDSHIFT unchanged${withoutMoto}`,
        async () => {
          await using s3 = await startS3();
          await using local = await openBulkEngine(
            { tempDir: folder, extensionDirs: [EXTENSIONS] },
            systemClock,
            never,
          );
          await using double = await startRedshiftDouble({
            ...{ postgres: server, s3: s3.client, engine: local },
          });
          await query('create schema warehouse');
          const began = systemClock.monotonicMs();
          const loader: Loader = {
            strategy: 'REDSHIFT',
            jdbcUrl: `jdbc:redshift://127.0.0.1:${String(double.port)}/${double.database}?ssl=false`,
            // Beside the ledger of a Postgres table there is no room for another one.
            table: 'warehouse.extremes',
            properties: { user: server.user, password: server.password },
            stagingPath: `s3://${BUCKET}/extremes`,
            iamRole: ROLE,
          };
          expect(await loadFile(session, source, EVERYTHING, loader, s3.openStorage)).toBe(ROWS);
          say('REDSHIFT', began);
          expectSame(await query(`select ${LINE} as line from warehouse.extremes order by id`));
        },
        SECONDS,
      );

      async function query(sql: string): Promise<readonly string[]> {
        const client = new pg.Client({ connectionString: server.url });
        await client.connect();
        try {
          return (await client.query<{ line: string }>(sql)).rows.map(({ line }) => line);
        } finally {
          await client.end();
        }
      }

      function say(sink: string, beganMs: number): void {
        const seconds = (systemClock.monotonicMs() - beganMs) / 1000;
        process.stdout.write(
          `${String(ROWS)} rows of extremes, ${engine} to ${sink}: ${seconds.toFixed(1)} s\n`,
        );
      }

      /** A source of one row. */
      async function sourceOf(name: string, values: string): Promise<string> {
        const path = join(folder, `${name}.parquet`);
        const text = `import pyarrow as pa, pyarrow.parquet as pq\nfrom decimal import Decimal\npq.write_table(pa.table({'id': pa.array([1, 2], pa.int64()), 'week': pa.array([1, 1], pa.int32()), ${values}}), ${JSON.stringify(path)})\n`;
        await writeFile(join(folder, `${name}.py`), text);
        await run(PYTHON, [join(folder, `${name}.py`)]);
        return path;
      }

      it(
        'that Postgres cannot hold end the load, and change nothing: a NUL character',
        async () => {
          const file = await sourceOf('nul', `'s': ['fine', 'a\\0b']`);
          const contract = contractOf({ s: { kind: 'string' } });
          await expect(loadFile(session, file, contract, postgres('nul'))).rejects.toMatchObject({
            code: 'TARGET_FAILED',
            hint: expect.stringContaining('NUL character'),
          });
          expect(await query(`select to_regclass('nul')::text as line`)).toEqual([null]);
        },
        SECONDS,
      );

      it(
        'that are longer than the column end the load, and are never cut: two characters in one',
        async () => {
          const file = await sourceOf('long', `'s': ['\u{1f600}', 'ab']`);
          const contract = contractOf({ s: { kind: 'string', maxLength: 1 } });
          await expect(loadFile(session, file, contract, postgres('long'))).rejects.toMatchObject({
            code: 'TARGET_FAILED',
            message: expect.stringContaining('too long'),
          });
          expect(await query(`select to_regclass('long')::text as line`)).toEqual([null]);
        },
        SECONDS,
      );
    },
  );
}
