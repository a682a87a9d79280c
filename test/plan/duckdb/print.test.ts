import { describe, expect, it } from '@jest/globals';
import { count, sum } from '../../../plan/aggregate.ts';
import { printDuckDb } from '../../../plan/duckdb/print.ts';
import { plus, quotient } from '../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { greater, isIn } from '../../../plan/expressions/comparison.ts';
import { ascending, descending, read } from '../../../plan/plan.ts';
import type { Dedupe } from '../../../plan/relation.ts';
import { decimal, int32, string } from '../../../plan/types.ts';

const sales = read('sales', { week: int32, shop: string, paid: decimal(7, 2) });

function printed(lines: readonly string[]): string {
  return lines.join('\n');
}

describe('the DuckDB printer', () => {
  it('prints a clause a step, and conditions where they apply', () => {
    const plan = sales
      .filter((row) => greater(row.week, 0))
      .filter((row) => isIn(row.shop, ['a', "b'"]))
      .select((row) => ({ shop: row.shop, next: plus(row.week, 1) }))
      .aggregate(['shop'], (row) => ({ rows: count(), weeks: sum(row.next) }))
      .sort([descending('rows', 'first'), ascending('shop')], 10);
    expect(printDuckDb(plan.node)).toBe(
      printed([
        'with read_1 as (',
        '  select',
        `    case when typeof("week") in ('TINYINT', 'SMALLINT', 'UTINYINT', 'USMALLINT', 'INTEGER') or (typeof("week") like '%INT%' and "week" is not null) then try_cast("week" as integer) end as "week",`,
        '    cast("shop" as varchar) as "shop",',
        `    case when typeof("paid") in ('DECIMAL(7,2)') or ((typeof("paid") like 'DECIMAL%' or typeof("paid") like '%INT%') and "paid" is not null) then try_cast("paid" as decimal(7,2)) end as "paid"`,
        '  from "sales"',
        '),',
        'select_2 as (',
        '  select "shop", ("week" + 1) as "next"',
        '  from read_1',
        '  where ("week" > 0)',
        `    and ("shop" in ('a', 'b'''))`,
        '),',
        'aggregate_3 as (',
        '  select "shop", count(*) as "rows", cast(sum("next") as bigint) as "weeks"',
        '  from select_2',
        '  group by "shop"',
        ')',
        'select *',
        'from aggregate_3',
        'order by "rows" desc nulls first, "shop" nulls last',
        'limit 10',
      ]),
    );
  });

  it('prints what is shared once: rows that stream past are made again, others are kept', () => {
    const some = sales.select((row) => ({ week: row.week }));
    const weeks = some.aggregate(['week'], () => ({ rows: count() }));
    const plan = weeks.join(some, ['week']).union(weeks);
    expect(printDuckDb(plan.node)).toBe(
      printed([
        'with read_1 as (',
        '  select',
        `    case when typeof("week") in ('TINYINT', 'SMALLINT', 'UTINYINT', 'USMALLINT', 'INTEGER') or (typeof("week") like '%INT%' and "week" is not null) then try_cast("week" as integer) end as "week",`,
        '    cast("shop" as varchar) as "shop",',
        `    case when typeof("paid") in ('DECIMAL(7,2)') or ((typeof("paid") like 'DECIMAL%' or typeof("paid") like '%INT%') and "paid" is not null) then try_cast("paid" as decimal(7,2)) end as "paid"`,
        '  from "sales"',
        '),',
        'select_2 as not materialized (',
        '  select "week"',
        '  from read_1',
        '),',
        'aggregate_3 as materialized (',
        '  select "week", count(*) as "rows"',
        '  from select_2',
        '  group by "week"',
        '),',
        'join_4 as (',
        '  select l."week", l."rows"',
        '  from aggregate_3 as l inner join select_2 as r on l."week" = r."week"',
        ')',
        'select "week", "rows"',
        'from join_4',
        'union all',
        'select "week", "rows"',
        'from aggregate_3',
      ]),
    );
  });

  it('ranks only rows of keys that are in a table of duplicates', () => {
    const weeks = read('weeks', { week: int32, n: int32 });
    const node = weeks.dedupe({ key: ['week'], keep: [] }).node as Dedupe;
    expect(printDuckDb(node, { duplicates: new Map([[node, 'twice']]) })).toBe(
      printed([
        'with read_1 as not materialized (',
        '  select',
        `    case when typeof("week") in ('TINYINT', 'SMALLINT', 'UTINYINT', 'USMALLINT', 'INTEGER') or (typeof("week") like '%INT%' and "week" is not null) then try_cast("week" as integer) end as "week",`,
        `    case when typeof("n") in ('TINYINT', 'SMALLINT', 'UTINYINT', 'USMALLINT', 'INTEGER') or (typeof("n") like '%INT%' and "n" is not null) then try_cast("n" as integer) end as "n"`,
        '  from "weeks"',
        ')',
        'select l.*',
        'from read_1 as l anti join "twice" as r on l."week" is not distinct from r."week"',
        'union all',
        'select l.*',
        'from read_1 as l semi join "twice" as r on l."week" is not distinct from r."week"',
        'qualify row_number() over (partition by "week" order by "n" nulls last) = 1',
      ]),
    );
  });

  it('says which expression has no result for which values', () => {
    const plan = sales.select((row) => ({
      q: quotient(row.week, 0, { onZero: 'fail' }),
      c: cast(row.shop, int32),
    }));
    expect(printDuckDb(plan.node).split('\n').slice(-4)).toEqual([
      'select',
      `  case when 0 = 0 and "week" is not null then error('dray: quotient(week, 0, onZero: "fail") of ' || left(cast("week" as varchar), 200) || ' and ' || left(cast(0 as varchar), 200) || ': division by zero') else (cast("week" as bigint) // 0) end as "q",`,
      `  coalesce(case when regexp_full_match("shop", '[+-]?[0-9]+') then try_cast("shop" as integer) end, case when "shop" is not null then error('dray: cast(shop, to: int32, onError: "fail") of ' || left(cast("shop" as varchar), 200) || ': it is no int32') end) as "c"`,
      'from read_1',
    ]);
  });

  it('refuses a function of a row, whose rows must come as a table', () => {
    const mapped = sales.mapRow('shout', { shop: string }, (row) => row);
    expect(() => printDuckDb(mapped.node)).toThrow('the function "shout" has no SQL');
  });
});
