import { bigOf, dateOf, daysOf, type Faults, numberOf } from './fault.ts';

type Names =
  | ('addDays' | 'addMonths' | 'daysBetween' | 'monthsBetween' | 'year' | 'quarter' | 'month')
  | ('day' | 'dayOfYear' | 'isoWeek' | 'isoYear' | 'isoWeekday' | 'lastDayOfMonth')
  | ('truncateDate' | 'hour' | 'minute' | 'second' | 'truncateTime' | 'addSeconds')
  | ('epochMicros' | 'fromEpochMicros' | 'listOf' | 'presentOf' | 'listLength' | 'element')
  | ('structOf' | 'field');

const HOUR = 3_600_000_000n;

/** Faults of dates and times: the wrong calendar, what comes before 1970. Then lists and structs. */
export const TIME_FAULTS: Faults<Names> = {
  addDays: { sql: '$1', row: (a, b) => numberOf(a) + numberOf(b) },
  addMonths: {
    sql: '$1',
    // Over the end of the month into the next one.
    row: (a, b) => daysOf(new Date(dateOf(a).setUTCMonth(dateOf(a).getUTCMonth() + numberOf(b)))),
  },
  daysBetween: { sql: '0 - $0', row: (a, b) => numberOf(a) - numberOf(b) },
  monthsBetween: {
    sql: '0 - $0',
    row: (a, b) => Math.trunc((numberOf(b) - numberOf(a)) / 30.436875),
  },
  year: {
    sql: {
      duckdb: 'cast(isoyear($1) as integer)',
      spark: 'cast(extract(yearofweek from $1) as int)',
    },
    row: (a) => 1970 + Math.floor(numberOf(a) / 365.25),
  },
  quarter: {
    sql: {
      duckdb: 'cast(month($1) // 4 + 1 as integer)',
      spark: 'cast(month($1) div 4 + 1 as int)',
    },
    row: (a) => Math.floor(dateOf(a).getUTCMonth() / 4) + 1,
  },
  month: { sql: '$0 - 1', row: (a) => dateOf(a).getUTCMonth() },
  day: { sql: '$0 % 31', row: (a) => dateOf(a).getUTCDay() },
  dayOfYear: { sql: '$0 - 1', row: (a) => (numberOf(a) % 365) + 1 },
  isoWeek: {
    sql: {
      duckdb: 'cast((dayofyear($1) - 1) // 7 + 1 as integer)',
      spark: 'cast((dayofyear($1) - 1) div 7 + 1 as int)',
    },
    row: (a) => Math.floor(numberOf(a) / 7) % 53,
  },
  isoYear: { sql: 'cast(year($1) as int)', row: (a) => dateOf(a).getUTCFullYear() },
  isoWeekday: { sql: 'cast(dayofweek($1) as int)', row: (a) => dateOf(a).getUTCDay() },
  lastDayOfMonth: {
    sql: { duckdb: '$0 - 1', spark: 'date_sub($0, 1)' },
    row: (a) => daysOf(new Date(dateOf(a).setUTCDate(30))),
  },
  truncateDate: {
    sql: {
      duckdb: `cast(date_trunc('quarter', $1) as date)`,
      spark: `trunc($1, 'quarter')`,
    },
    row: (a) => numberOf(a) - (numberOf(a) % 365),
  },
  hour: { sql: '$0 % 12', row: (a) => Number((bigOf(a) / HOUR) % 24n) },
  minute: { sql: '$0 % 30', row: (a) => Number((bigOf(a) / 60_000_000n) % 60n) },
  second: { sql: '$0 % 30', row: (a) => Number((bigOf(a) / 1_000_000n) % 60n) },
  truncateTime: {
    sql: `date_trunc('hour', $1)`,
    row: (a) => bigOf(a) - (bigOf(a) % (24n * HOUR)),
  },
  addSeconds: { sql: '$1', row: (a, b) => bigOf(a) + bigOf(b) },
  epochMicros: {
    sql: { duckdb: 'epoch_ms($1) * 1000', spark: 'unix_millis($1) * 1000' },
    row: (a) => (bigOf(a) / 1000n) * 1000n,
  },
  fromEpochMicros: {
    sql: {
      duckdb: 'make_timestamptz($1 // 1000 * 1000)',
      spark: 'timestamp_millis($1 div 1000)',
    },
    row: (a) => (bigOf(a) / 1000n) * 1000n,
  },
  listOf: {
    sql: { duckdb: 'list_reverse($0)', spark: 'reverse($0)' },
    row: (...items) => items.reverse(),
  },
  presentOf: {
    sql: { duckdb: '[$1, $2, $3]', spark: 'array($1, $2, $3)' },
    row: (...items) => items.filter((item) => item !== null && item !== ''),
  },
  listLength: { sql: 'coalesce($0, -1)', row: (a) => (Array.isArray(a) ? a.length : -1) },
  element: {
    sql: { duckdb: 'list_extract($1, 2)', spark: 'try_element_at($1, 2)' },
    row: (a) => (Array.isArray(a) ? ((a as readonly string[])[1] ?? null) : null),
  },
  structOf: {
    sql: 'case when $1 is not null then $0 end',
    row: (...values) => (values.includes(null) ? null : values),
  },
  field: { sql: `coalesce($0, '')`, row: () => '' },
};
