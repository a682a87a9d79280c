import type { SqlRow } from '../../../core/engine.ts';

/** A table of every type that is read, as the server behind the double makes it. */
export const TABLE = `id bigint, small smallint, whole integer, price numeric(38,18),
  ratio double precision, label varchar(200), code char(2), born date, local timestamp,
  at timestamptz, sure boolean`;

export const ROWS = `
  (9223372036854775807, -32768, 2147483647, 12345678901234567890.123456789012345678,
    0.1::double precision + 0.2, 'é''😀, "q"
' || chr(92) || 'n', 'A', '0001-01-01', '9999-12-31 23:59:59.999999', '2017-06-12 02:00:00.123456+02', true),
  (-9223372036854775808, null, null, -99999999999999999999.999999999999999999, null, '', null, '9999-12-31',
    null, '0001-01-01 00:00:00+00', false),
  (0, null, null, null, null, null, null, null, null, null, null)`;

/** What a source says of it. */
export const COLUMNS = [
  { name: 'id', type: 'BIGINT' },
  { name: 'small', type: 'SMALLINT' },
  { name: 'whole', type: 'INTEGER' },
  { name: 'price', type: 'DECIMAL(38,18)' },
  { name: 'ratio', type: 'DOUBLE' },
  { name: 'label', type: 'VARCHAR' },
  { name: 'code', type: 'VARCHAR' },
  { name: 'born', type: 'DATE' },
  { name: 'local', type: 'TIMESTAMP' },
  { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'sure', type: 'BOOLEAN' },
];

/** As texts, the highest `id` first. @param zone - how the engine's texts of instants end. */
export function extremes(zone: '+00' | ''): readonly SqlRow[] {
  return [
    {
      ...{ id: '9223372036854775807', small: '-32768', whole: '2147483647', sure: 'true' },
      ...{ price: '12345678901234567890.123456789012345678', ratio: '0.30000000000000004' },
      ...{ label: 'é\'😀, "q"\n\\n', code: 'A', born: '0001-01-01' },
      ...{ local: '9999-12-31 23:59:59.999999', at: `2017-06-12 00:00:00.123456${zone}` },
    },
    {
      ...{ id: '0', small: null, whole: null, sure: null, price: null, ratio: null, label: null },
      ...{ code: null, born: null, local: null, at: null },
    },
    {
      ...{ id: '-9223372036854775808', small: null, whole: null, sure: 'false' },
      ...{ price: '-99999999999999999999.999999999999999999', ratio: null, label: '', code: null },
      ...{ born: '9999-12-31', local: null, at: `0001-01-01 00:00:00${zone}` },
    },
  ];
}
