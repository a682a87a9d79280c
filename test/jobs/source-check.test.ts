import { describe, expect, it } from '@jest/globals';
import type { Source, SourceColumn } from '../../core/strategy.ts';
import { checkSource } from '../../jobs/source-check.ts';

const required = [
  { name: 'week', accepts: 'integer' },
  { name: 'code', accepts: 'text' },
] as const;

function sourceOf(...columns: SourceColumn[]): Source {
  return {
    location: '/lake/promotions',
    columns,
    snapshot: [],
    relation: '',
    relationWithOrigin: '',
    assertUnchanged: () => Promise.resolve(),
  };
}
const code = { name: 'code', type: 'VARCHAR' };

describe('the check of a source', () => {
  it.each(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UBIGINT'])(
    'takes %s for an integer, and lists columns that nothing uses',
    (type) => {
      const source = sourceOf({ name: 'week', type }, code, { name: 'more', type: 'DATE' });
      expect(checkSource(source, required)).toEqual(['more']);
    },
  );

  it.each(['DOUBLE', 'FLOAT', 'VARCHAR', 'DECIMAL(10,0)', 'BOOLEAN'])(
    'refuses %s for an integer',
    (type) => {
      expect(() => checkSource(sourceOf({ name: 'week', type }, code), required)).toThrow(
        `column "week": expected integer, found ${type}`,
      );
    },
  );

  it('names every problem at once', () => {
    const source = sourceOf({ ...code, type: 'INTEGER' });
    expect(() => checkSource(source, required)).toThrow(
      /column "week": expected integer, found no such column\n.*column "code": expected text, found INTEGER/,
    );
  });

  it('refuses a column that only some files have', () => {
    const source = sourceOf({ name: 'week', type: 'BIGINT', missingIn: '/lake/b.parquet' }, code);
    expect(() => checkSource(source, required)).toThrow('missing in /lake/b.parquet');
  });
});
