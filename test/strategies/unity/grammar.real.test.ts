import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { describeOnSpark, forever } from '../../engines/bigdata/on-spark.ts';
import { allStatements, NASTY } from './statements.ts';

const PYTHON = process.env['DRAY_TEST_PYTHON'] ?? '';
const withoutPython = PYTHON === '' ? ' (skipped: no Python)' : '';
/** What sqlglot has no grammar for; Spark with Delta runs it below. */
const SPARKS_OWN = 'OPTIMIZE';

(withoutPython === '' ? describe : describe.skip)(
  `the grammar of Databricks in sqlglot${withoutPython}`,
  () => {
    it('accepts the statements after a load, none as an unknown command', async () => {
      const statements = allStatements('main.sales.promotions', 's3://lake/promotions').filter(
        (sql) => !sql.startsWith(SPARKS_OWN),
      );
      const program = `import json, sys, sqlglot
print(json.dumps([type(sqlglot.parse_one(sql, read="databricks")).__name__ for sql in json.load(sys.stdin)]))`;
      const run = promisify(execFile)(PYTHON, ['-c', program]);
      run.child.stdin?.end(JSON.stringify(statements));
      const kinds = JSON.parse((await run).stdout) as readonly string[];
      expect([...new Set(kinds)].sort()).toEqual(['Alter', 'Comment', 'Create', 'Grant']);
      expect(kinds).toHaveLength(statements.length);
    });
  },
);

/** Tags and grants are Unity Catalog's alone. */
const DATABRICKS_OWN = /SET TAGS|^GRANT/;

describeOnSpark('the statements after a load', (spark) => {
  it('do with a Delta table what they say', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dray-unity-'));
    const location = pathToFileURL(join(folder, 'promotions')).href;
    const table = '`spark_catalog`.`default`.`promotions`';
    await using session = await spark.open();
    await session.useExtension('delta', forever);
    await session.run(
      `create table delta.\`${location}\` using delta partitioned by (week) as
       select id as product_id, cast(id % 2 as int) as week from range(10)`,
      forever,
    );
    try {
      const statements = allStatements('spark_catalog.default.promotions', location);
      for (const sql of statements.filter((each) => !DATABRICKS_OWN.test(each))) {
        await session.run(sql, forever);
      }
      for (const sql of [`DESCRIBE DETAIL ${table}`, `DESCRIBE HISTORY ${table} LIMIT 20`]) {
        await session.run(sql, forever);
      }
      const described = await session.rows(`describe table extended ${table}`, forever);
      const rowOf = (name: string) => described.find((row) => row['col_name'] === name);
      expect(rowOf('week')).toMatchObject({ comment: expect.stringContaining('1 to 53') });
      expect(rowOf('Comment')).toMatchObject({ data_type: NASTY });
    } finally {
      await session.run(`drop table if exists ${table}`, forever);
      await rm(folder, { recursive: true });
    }
  });
});
