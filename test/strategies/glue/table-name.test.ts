import { describe, expect, it } from '@jest/globals';
import { isGlueName, parseGlueName } from '../../../strategies/glue/table-name.ts';

describe('the name of a table of Glue', () => {
  it('has a database and a table, in lower case as Glue keeps them', () => {
    expect(parseGlueName('glue://Sales.Promotions', 'source_table')).toEqual({
      database: 'sales',
      table: 'promotions',
    });
    expect(parseGlueName('sales.promotions', 'glue_table')).toMatchObject({ table: 'promotions' });
  });

  it('may say in which region and whose catalog', () => {
    const name = 'glue://sales.promotions?region=eu-west-1&catalog_id=123456789012';
    expect(parseGlueName(name, 'source_table')).toEqual({
      ...{ database: 'sales', table: 'promotions' },
      ...{ region: 'eu-west-1', catalogId: '123456789012' },
    });
  });

  it.each([
    'glue://promotions',
    'glue://a.b.c',
    'glue://a.b/c',
    'glue://a.b?regoin=x',
    'glue://.b',
  ])('is not %s', (text) => {
    expect(() => parseGlueName(text, 'source_table')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(text) }),
    );
  });

  it('is told from a place in storage by its scheme', () => {
    expect(isGlueName('GLUE://a.b')).toBe(true);
    expect(isGlueName('s3://glue/a.b')).toBe(false);
  });
});
