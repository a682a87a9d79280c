import { sum } from '../../../../plan/aggregate.ts';
import { divide, plus, quotient, times } from '../../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../../plan/expressions/cast.ts';
import { equal, greater, isNotNull, less } from '../../../../plan/expressions/comparison.ts';
import { coalesce } from '../../../../plan/expressions/conditional.ts';
import { integer, text } from '../../../../plan/expressions/literal.ts';
import { and, or } from '../../../../plan/expressions/logic.ts';
import { lower } from '../../../../plan/expressions/text.ts';
import { ascending, descending, sql } from '../../../../plan/plan.ts';
import { float64, int32, int64, string } from '../../../../plan/types.ts';
import { FAILS } from '../case.ts';
import { people, visits } from './people.ts';
import { ids, nobody, type RelationCases } from './relation-case.ts';

/** Steps over the rows of one relation, one by one. */
export const rowCases: RelationCases = {
  select: [
    {
      title: 'computes, renames, reorders and repeats columns',
      plan: people.select(({ person, team }) => ({
        team,
        again: team,
        next: plus(person, 1),
        fixed: text("it's"),
      })),
      rows: [
        ['red', 'red', 2, "it's"],
        ['red', 'red', 3, "it's"],
        ['blue', 'blue', 4, "it's"],
        [null, null, 5, "it's"],
        [null, null, 6, "it's"],
        ['blue', 'blue', 7, "it's"],
        ['', '', null, "it's"],
      ],
    },
    {
      title: 'has names that are words of SQL, or odd',
      plan: visits
        .select(({ person, place }) => ({
          select: person,
          'a "b" `c`': place,
          'ünï côde': place,
          order: person,
        }))
        .filter((row) => isNotNull(row['a "b" `c`']))
        .select((row) => ({ from: row.order, 'x.y': row['ünï côde'] }))
        .sort([ascending('from'), ascending('x.y')], 2),
      rows: [
        [1, 'blue'],
        [1, 'red'],
      ],
    },
    {
      title: 'ends the run on a value without a result',
      plan: people.select(({ person }) => ({ sum: plus(person, 2_147_483_645) })),
      rows: FAILS,
    },
  ],
  derive: [
    {
      title: 'sees the columns as they were, also those that it replaces',
      plan: visits
        .derive(({ person, minutes }) => ({
          person: times(person, 10),
          twice: times(minutes, 2),
          was: person,
        }))
        .filter(({ place }) => equal(place, 'blue')),
      rows: [[10, 'blue', 20n, 40n, 1]],
    },
  ],
  filter: [
    {
      title: 'keeps rows for which the condition is true, not null',
      plan: people.filter(({ team }) => equal(team, 'red')).select(({ person }) => ({ person })),
      rows: [[1], [2]],
    },
    {
      title: 'comes after another, before and after a select',
      plan: people
        .filter(({ person }) => greater(person, 1))
        .filter(({ score }) => less(score, cast(integer(100), score.type)))
        .derive(({ name }) => ({ name: lower(coalesce(name, '')) }))
        .filter(({ name }) => equal(name, 'bob'))
        .select(({ person, name }) => ({ person, name })),
      rows: [[2, 'bob']],
    },
    {
      title: 'goes by a column that is the only one of several conditions',
      plan: people
        .derive(({ team }) => ({ red: equal(team, 'red') }))
        .filter(({ red }) => or(red))
        .derive(({ red }) => ({ red: and(red) }))
        .filter(({ red }) => and(red))
        .select(({ person }) => ({ person })),
      rows: [[1], [2]],
    },
    { title: 'keeps none', plan: nobody, rows: [] },
    {
      title: 'guards what comes after it',
      plan: visits
        .filter(({ person }) => greater(person, 1))
        .select(({ person }) => ({
          share: quotient(integer(6), plus(person, -1), { onZero: 'fail' }),
        })),
      rows: [[6n], [3n], [0n]],
    },
  ],
  sort: [
    {
      title: 'by bytes, then by number downwards',
      plan: people
        .select(({ name, person }) => ({ name, person }))
        .sort([ascending('name'), descending('person')]),
      rows: [
        ['Ada', 1],
        ['Bob', 2],
        ['Eve', null],
        ['ada', 3],
        ['～', 5],
        ['😀', 4],
        [null, 6],
      ],
    },
    {
      title: 'with nulls first, and the first so many',
      plan: people
        .select(({ team, person }) => ({ team, person }))
        .sort([descending('team', 'first'), ascending('person', 'first')], 4),
      rows: [
        [null, 4],
        [null, 5],
        ['red', 1],
        ['red', 2],
      ],
    },
    {
      title: 'has NaN above every number',
      plan: people
        .select(({ weight, person }) => ({ weight, person }))
        .filter(({ weight }) => isNotNull(weight))
        .sort([descending('weight'), ascending('person')], 3),
      rows: [
        [Number.NaN, 2],
        [Number.NaN, 4],
        [0.5, 1],
      ],
    },
    { title: 'keeps no row at 0', plan: people.sort([ascending('person')], 0), rows: [] },
    {
      title: 'and filters what it kept',
      plan: ids.sort([ascending('person')], 3).filter(({ person }) => greater(person, 1)),
      rows: [[2], [3]],
    },
    {
      title: 'aggregates what it kept',
      plan: ids
        .sort([descending('person')], 3)
        .aggregate([], ({ person }) => ({ sum: sum(person) })),
      rows: [[15n]],
    },
  ],
  mapRow: [
    {
      title: 'calls the function for each row',
      plan: ids
        .mapRow('halve', { person: int32, half: float64 }, ({ person }) => ({
          person: person ?? null,
          half: typeof person === 'number' ? person / 2 : null,
        }))
        .filter(({ half }) => greater(half, 2))
        .select(({ half }) => ({ half, share: divide(half, 2, { onZero: 'null' }) })),
      rows: [
        [2.5, 1.25],
        [3, 1.5],
      ],
      engines: ['row', 'bulk'],
    },
  ],
  sql: [
    {
      title: 'runs the words of its engine',
      plan: sql(
        {
          duckdb: 'select team, count(*) as n from $1 group by team',
          spark: 'select team, count(*) as n from $1 group by team',
        },
        { team: string, n: int64 },
        people,
      ).filter(({ n }) => greater(n, 1)),
      rows: [
        ['red', 2n],
        ['blue', 2n],
        [null, 2n],
      ],
      engines: ['bulk', 'bigdata'],
    },
  ],
};
