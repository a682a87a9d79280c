import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** Python with sqlglot; empty where there is none. */
const PYTHON = process.env['DRAY_TEST_PYTHON'] ?? '';
const withoutSqlglot = PYTHON === '' ? ' (skipped: no Python with sqlglot)' : '';

/**
 * The last suite of a file: what was sent in it is SQL of Redshift, says sqlglot.
 *
 * @param least - as many different statements must have been sent.
 */
export function describeSql(statements: () => ReadonlySet<string>, least: number): void {
  (withoutSqlglot === '' ? describe : describe.skip)(
    `the SQL that was sent${withoutSqlglot}`,
    () => {
      it('is known to the dialect of Redshift', () => {
        const sent = statements();
        expect(strangersAmong(sent)).toEqual([]);
        expect(sent.size).toBeGreaterThan(least);
      });
    },
  );
}

/** Statements that are not Redshift's, with the reason. */
function strangersAmong(sent: ReadonlySet<string>): readonly string[] {
  const { status, stdout, stderr } = spawnSync(
    PYTHON,
    [join(import.meta.dirname, '../../python/parse_redshift.py')],
    { input: JSON.stringify([...sent]), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as readonly string[];
}
