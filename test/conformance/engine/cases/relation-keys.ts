import {
  average,
  count,
  countDistinct,
  countIf,
  max,
  min,
  sum,
} from '../../../../plan/aggregate.ts';
import { plus, times } from '../../../../plan/expressions/arithmetic.ts';
import { equal, greater, isNull, less } from '../../../../plan/expressions/comparison.ts';
import { nullIf } from '../../../../plan/expressions/conditional.ts';
import { boolean } from '../../../../plan/expressions/literal.ts';
import { concat, upper } from '../../../../plan/expressions/text.ts';
import { ascending, descending } from '../../../../plan/plan.ts';
import { dec, FAILS } from '../case.ts';
import { people, visits } from './people.ts';
import { ids, nobody, type RelationCases } from './relation-case.ts';

/** Steps that bring rows with equal keys together. */
export const keyCases: RelationCases = {
  dedupe: [
    {
      title: 'takes null for a value of the key and keeps the first in the order',
      plan: people
        .dedupe({ key: ['team'], keep: [descending('score'), ascending('person')] })
        .select(({ team, person }) => ({ team, person })),
      rows: [
        ['red', 1],
        ['blue', 6],
        [null, 5],
        ['', null],
      ],
    },
    {
      title: 'puts nulls where the order says',
      plan: people
        .dedupe({ key: ['team'], keep: [descending('score', 'first'), ascending('person')] })
        .filter(({ team }) => isNull(team))
        .select(({ person }) => ({ person })),
      rows: [[4]],
    },
    {
      title: 'keeps any of rows that are equal',
      plan: visits.dedupe({ key: ['person', 'place', 'minutes'], keep: [] }),
      rows: [
        [1, 'red', 10n],
        [1, 'blue', 20n],
        [2, 'red', null],
        [3, null, 5n],
        [9, 'red', 2n ** 53n + 1n],
        [null, 'red', 7n],
      ],
    },
    {
      title: 'has NaN as one key',
      plan: people
        .dedupe({ key: ['weight'], keep: [ascending('person', 'first')] })
        .select(({ person }) => ({ person })),
      rows: [[1], [2], [3], [6], [null]],
    },
    { title: 'of no rows', plan: nobody.dedupe({ key: ['team'], keep: [] }), rows: [] },
  ],
  join: [
    {
      title: 'pairs every two rows with equal keys, null equal to nothing',
      plan: people.select(({ person, name }) => ({ person, name })).join(visits, ['person']),
      rows: [
        [1, 'Ada', 'red', 10n],
        [1, 'Ada', 'red', 10n],
        [1, 'Ada', 'blue', 20n],
        [2, 'Bob', 'red', null],
        [3, 'ada', null, 5n],
      ],
    },
    {
      title: 'on two columns of other names',
      plan: people
        .select(({ person, team }) => ({ id: person, team }))
        .join(visits, [
          { left: 'id', right: 'person' },
          { left: 'team', right: 'place' },
        ]),
      rows: [
        [1, 'red', 10n],
        [1, 'red', 10n],
        [2, 'red', null],
      ],
    },
    {
      title: 'with itself',
      plan: ids.join(
        ids.derive(({ person }) => ({ other: person, person: plus(person, 1) })),
        ['person'],
      ),
      rows: [
        [2, 1],
        [3, 2],
        [4, 3],
        [5, 4],
        [6, 5],
      ],
    },
    {
      title: 'on floats: NaN equals NaN, 0.0 equals -0.0',
      plan: people
        .select(({ person, weight }) => ({ person, weight }))
        .join(
          people.select(({ person, weight }) => ({ other: person, weight })),
          ['weight'],
        )
        .select(({ person, other }) => ({ person, other })),
      rows: [
        [1, 1],
        [2, 2],
        [2, 4],
        [4, 2],
        [4, 4],
        [3, 3],
        [3, 5],
        [5, 3],
        [5, 5],
        [null, null],
      ],
    },
    {
      title: 'with no rows',
      plan: ids.join(
        nobody.select(({ person, name }) => ({ person, name })),
        ['person'],
      ),
      rows: [],
    },
  ],
  leftJoin: [
    {
      title: 'keeps rows without a partner, with nulls',
      plan: people
        .select(({ person }) => ({ person }))
        .leftJoin(
          visits.filter(({ minutes }) => less(minutes, 20)),
          ['person'],
        ),
      rows: [
        [1, 'red', 10n],
        [1, 'red', 10n],
        [2, null, null],
        [3, null, 5n],
        [4, null, null],
        [5, null, null],
        [6, null, null],
        [null, null, null],
      ],
    },
  ],
  semiJoin: [
    {
      title: 'keeps rows that have a partner, once',
      plan: ids.semiJoin(visits, ['person']),
      rows: [[1], [2], [3]],
    },
  ],
  antiJoin: [
    {
      title: 'keeps rows that have none, those without a key too',
      plan: ids.antiJoin(visits, ['person']),
      rows: [[4], [5], [6], [null]],
    },
    {
      title: 'against no rows keeps all',
      plan: ids.antiJoin(nobody, ['person']),
      rows: [[1], [2], [3], [4], [5], [6], [null]],
    },
  ],
  aggregate: [
    {
      title: 'has one row a group, nulls being one',
      plan: people.aggregate(['team'], ({ person, score, weight }) => ({
        rows: count(),
        sum: sum(score),
        below: countIf(less(person, 3)),
        weights: countDistinct(weight),
      })),
      rows: [
        ['red', 2n, dec('3.00'), 2n, 2n],
        ['blue', 2n, dec('999.98'), 0n, 1n],
        [null, 2n, dec('2.00'), 0n, 2n],
        ['', 1n, dec('0.00'), 0n, 1n],
      ],
    },
    {
      title: 'without a group has one row, also of no rows',
      plan: nobody.aggregate([], ({ person, score, name }) => ({
        rows: count(),
        some: countIf(boolean(true)),
        sum: sum(person),
        average: average(score),
        least: min(name),
        greatest: max(score),
      })),
      rows: [[0n, 0n, null, null, null, null]],
    },
    {
      title: 'with a group has none of no rows',
      plan: nobody.aggregate(['team'], () => ({ rows: count() })),
      rows: [],
    },
    {
      title: 'by floats: one group of NaN, one of the zeros',
      plan: people
        .aggregate(['weight'], () => ({ rows: count() }))
        .select(({ rows }) => ({ rows })),
      rows: [[1n], [2n], [2n], [1n], [1n]],
    },
    {
      title: 'of several columns, without a figure',
      plan: visits.aggregate(['person', 'place'], () => ({})),
      rows: [
        [1, 'red'],
        [1, 'blue'],
        [2, 'red'],
        [3, null],
        [9, 'red'],
        [null, 'red'],
      ],
    },
    {
      title: 'ends the run when a sum overflows',
      plan: visits
        .derive(({ minutes }) => ({ minutes: times(nullIf(minutes, 2n ** 53n + 1n), 2n ** 59n) }))
        .aggregate([], ({ minutes }) => ({ sum: sum(minutes) })),
      rows: FAILS,
    },
  ],
  union: [
    {
      title: 'keeps duplicates and takes columns by name',
      plan: visits
        .select(({ person, place }) => ({ person, place }))
        .union(visits.select(({ person, place }) => ({ place, person })))
        .filter(({ person }) => greater(person, 2)),
      rows: [
        [3, null],
        [3, null],
        [9, 'red'],
        [9, 'red'],
      ],
    },
    { title: 'of no rows', plan: nobody.union(nobody), rows: [] },
  ],
  shared: [
    {
      title: 'one relation used twice',
      plan: ((marked) =>
        marked.union(marked).join(
          marked.select(({ name }) => ({ name })),
          ['name'],
        ))(
        people
          .filter(({ team }) => equal(team, 'red'))
          .select(({ name, team }) => ({ name: upper(name), team: concat(team, '!') })),
      ),
      rows: [
        ['ADA', 'red!'],
        ['ADA', 'red!'],
        ['BOB', 'red!'],
        ['BOB', 'red!'],
      ],
    },
  ],
};
