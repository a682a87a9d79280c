import { describe, expect, it } from '@jest/globals';
import {
  displayName,
  parseTableName,
  qualified,
  stageName,
} from '../../../strategies/postgres/table-name.ts';

describe('a table name', () => {
  it.each([
    ['public.promotions', 'public', 'promotions', 'public.promotions'],
    ['Sales.Promotions', 'sales', 'promotions', 'sales.promotions'],
    ['promotions', 'public', 'promotions', 'public.promotions'],
    ['"Sales"."a.b"', 'Sales', 'a.b', '"Sales"."a.b"'],
    ['"say ""hi"""', 'public', 'say "hi"', 'public."say ""hi"""'],
    [' s."t; drop table x" ', 's', 't; drop table x', 's."t; drop table x"'],
  ])('%s is read as Postgres does', (text, schema, table, shown) => {
    const name = parseTableName(text);
    expect(name).toEqual({ schema, table });
    expect(displayName(name)).toBe(shown);
    expect(parseTableName(qualified(name))).toEqual(name);
  });

  it.each(['', 'a.b.c', 'a.', '.a', 'a b', 'a;b', '"a', '""', 'a"b"', '1a', `x.${'a'.repeat(64)}`])(
    '"%s" is refused',
    (text) => {
      expect(() => parseTableName(text)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );

  it('goes to the default schema of the connection without one of its own', () => {
    expect(parseTableName('t', 'sales').schema).toBe('sales');
  });

  it('gives a staging table for each claim, in the same schema', () => {
    const stage = stageName({ schema: 's', table: 'promotions' }, 12);
    expect(stage.schema).toBe('s');
    expect(stage.table).toMatch(/^_dray_stage_[0-9a-f]{8}_12$/);
  });
});
