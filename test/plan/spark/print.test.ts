import { describe, expect, it } from '@jest/globals';
import { count, sum } from '../../../plan/aggregate.ts';
import { plus, quotient } from '../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { equal, greater } from '../../../plan/expressions/comparison.ts';
import { addDays } from '../../../plan/expressions/date.ts';
import { dateOf, text } from '../../../plan/expressions/literal.ts';
import { ascending, descending, read, readFields, sql } from '../../../plan/plan.ts';
import { printSpark } from '../../../plan/spark/print.ts';
import { date, decimal, int32, int64, string } from '../../../plan/types.ts';

const source = read('source', { k: int32, v: int64, s: string });
const known = {
  sources: new Map([
    [
      'source',
      new Map([
        ['k', 'bigint'],
        ['v', 'bigint'],
        ['s', 'date'],
      ]),
    ],
  ]),
};

describe('the Spark printer', () => {
  it('prints a step a node, and reads columns that have their type as they are', () => {
    const plan = source
      .filter((row) => greater(row.v, 0))
      .filter((row) => equal(row.s, "it's"))
      .derive((row) => ({ v: plus(row.v, 1), twice: plus(row.k, row.k) }))
      .sort([descending('v', 'first'), ascending('k')], 10);
    expect(printSpark(plan.node, known)).toBe(`with \`read_1\` as (
  select try_cast(\`k\` as int) as \`k\`, \`v\`, cast(\`s\` as string) as \`s\`
  from \`source\`
),
\`select_2\` as (
  select \`k\`, (\`v\` + cast(1 as bigint)) as \`v\`, \`s\`, (\`k\` + \`k\`) as \`twice\`
  from \`read_1\`
  where (\`v\` > cast(0 as bigint))
    and (\`s\` = 'it\\'s')
)
select *
from \`select_2\`
order by \`v\` desc nulls first, \`k\` asc nulls last
limit 10`);
  });

  it('prints a shared node once, with its filter', () => {
    const shared = source.filter((row) => greater(row.k, 0));
    const grouped = shared.aggregate(['k'], (row) => ({ n: count(), total: sum(row.v) }));
    const joined = shared.select(({ k, s }) => ({ k, s })).leftJoin(grouped, ['k']);
    expect(printSpark(joined.node, known)).toBe(`with \`read_1\` as (
  select try_cast(\`k\` as int) as \`k\`, \`v\`, cast(\`s\` as string) as \`s\`
  from \`source\`
),
\`filter_2\` as (
  select *
  from \`read_1\`
  where (\`k\` > cast(0 as int))
),
\`select_3\` as (
  select \`k\`, \`s\`
  from \`filter_2\`
),
\`aggregate_4\` as (
  select \`k\`, count(*) as \`n\`, cast(sum(cast(\`v\` as decimal(38,0))) as bigint) as \`total\`
  from \`filter_2\`
  group by \`k\`
)
select l.\`k\`, l.\`s\`, r.\`n\`, r.\`total\`
from \`select_3\` as l
left join \`aggregate_4\` as r
  on l.\`k\` = r.\`k\``);
  });

  it('breaks the ties of a dedupe by the other columns, under a name that no column has', () => {
    const ranked = read('source', { k: int32, rank: int32, v: int64 });
    const plan = ranked.dedupe({ key: ['k'], keep: [descending('v')] });
    expect(printSpark(plan.node)).toBe(`with \`read_1\` as (
  select
    try_cast(\`k\` as int) as \`k\`,
    try_cast(\`rank\` as int) as \`rank\`,
    try_cast(\`v\` as bigint) as \`v\`
  from \`source\`
)
select \`k\`, \`rank\`, \`v\`
from (
  select *, row_number() over (partition by \`k\` order by \`v\` desc nulls last, \`rank\` asc nulls last) as \`_rank\`
  from \`read_1\`
)
where \`_rank\` = 1`);
  });

  it('says in the query which value of which expression ends the run', () => {
    const plan = source.select((row) => ({
      part: quotient(row.k, row.k, { onZero: 'fail' }),
      third: quotient(row.k, 3, { onZero: 'fail' }),
      day: addDays(dateOf('2017-01-02'), row.k),
      narrow: cast(row.v, int32),
    }));
    expect(printSpark(plan.node).split('\n').slice(7, -1)).toEqual([
      'select',
      "  case when `k` = 0 and `k` is not null then raise_error(concat('dray: quotient(k, k, onZero: \"fail\") of ', left(cast(`k` as string), 200), ' and ', left(cast(`k` as string), 200), ': division by zero')) else (cast(`k` as bigint) div cast(`k` as bigint)) end as `part`,",
      '  (cast(`k` as bigint) div cast(cast(3 as int) as bigint)) as `third`,',
      "  case when cast(unix_date(date '2017-01-02') as bigint) + `k` not between -719162 and 2932896 then raise_error(concat('dray: addDays(2017-01-02, k) of ', left(cast(date '2017-01-02' as string), 200), ' and ', left(cast(`k` as string), 200), ': outside the years 1 to 9999')) else date_add(date '2017-01-02', `k`) end as `day`,",
      '  cast(`v` as int) as `narrow`',
    ]);
  });

  it('quotes names and texts so that nothing of them is read as SQL', () => {
    const plan = readFields('a`b', [{ name: 'x`y', from: 'from', type: string, nullable: true }])
      .filter(() => equal(text("\\'; drop\n${spark.home}"), '\0'))
      .sort([], 1);
    expect(printSpark(plan.node)).toBe(`with \`read_1\` as (
  select try_cast(\`from\` as string) as \`x\`\`y\`
  from \`a\`\`b\`
)
select *
from \`read_1\`
where ('\\\\\\'; drop\\n\\u0024{spark.home}' = '\\u0000')
limit 1`);
  });

  it('gives no step the name of a source or of a table in a step of SQL', () => {
    const plan = sql(
      { spark: "select 'a\nb' as a from read_1 cross join $1" },
      { a: string },
      read('SQL_2', { a: decimal(5, 2) }),
    ).filter((row) => equal(row.a, 'x'));
    const printed = printSpark(plan.node);
    expect(printed).toContain('`_read_1` as (');
    expect(printed).toContain('`_sql_2` as (');
    expect(printed).toContain("select 'a\nb' as a from read_1 cross join `_read_1`");
  });

  it('reads null from a column of another family of types', () => {
    const plan = readFields('source', [
      { name: 'day', from: 'K', type: date, nullable: true },
      { name: 'n', from: 's', type: int32, nullable: true },
      { name: 's', type: string, nullable: true, asText: true },
    ]);
    expect(printSpark(plan.node, known)).toBe(
      'select cast(null as date) as `day`, cast(null as int) as `n`, cast(`s` as string) as `s`\nfrom `source`',
    );
  });

  it('refuses a limit that Spark has no room for', () => {
    expect(() => printSpark(source.sort([], 2 ** 31).node)).toThrow(
      'limit 2147483648 is more than Spark has',
    );
  });
});
