import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JobError } from '../../../core/errors.ts';
import {
  claimOfDataKey,
  dataKey,
  decodedPath,
  keyOfPath,
  logFile,
  partitionDir,
  pathOfKey,
} from '../../../strategies/writers/delta/paths.ts';

const UUID = '00000000-0000-4000-8000-000000000000';

it.each([
  ['week', '24', 'week=24'],
  ['place', 'a/b', 'place=a%2Fb'],
  ['place', 'ü 1%', 'place=ü 1%25'],
  ['place', '', 'place=__HIVE_DEFAULT_PARTITION__'],
  ['a=b', 'c:d', 'a%3Db=c%3Ad'],
])('names the folder of %s "%s" as Spark does: %s', (column, value, expected) => {
  expect(partitionDir({ [column]: value })).toBe(expected);
});

it('has a folder for each partition column, and one for a value that is too long for a name', () => {
  expect(partitionDir({ week: '24', place: null, day: '2017-06-05' })).toBe(
    'week=24/place=__HIVE_DEFAULT_PARTITION__/day=2017-06-05',
  );
  const folder = partitionDir({ place: 'ü'.repeat(200) });
  expect(folder).toMatch(/^place=ü+-[\da-f]{32}$/);
  expect(Buffer.byteLength(folder)).toBeLessThan(255);
  expect(partitionDir({ place: `${'ü'.repeat(200)}a` })).not.toBe(folder);
});

it('encodes a key once more for the log', () => {
  expect(pathOfKey('place=a%2Fb/part-0.parquet')).toBe('place=a%252Fb/part-0.parquet');
});

it('finds every key again from its path in the log, and the claim in its name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (value, claim) => {
      const key = dataKey({ place: value }, 3, UUID, claim);
      expect(key.split('/')).toHaveLength(2);
      expect(key).not.toMatch(/[*?[]/);
      expect(keyOfPath(pathOfKey(key))).toBe(key);
      expect(claimOfDataKey(key)).toBe(claim);
    }),
  );
});

it('takes no file of another writer for its own', () => {
  expect(claimOfDataKey('week=24/part-00000-0aa5dda5-c000.snappy.parquet')).toBeUndefined();
  expect(claimOfDataKey(`week=24/part-00001-${UUID}.c000.snappy.parquet`)).toBeUndefined();
});

it('refuses a file outside the table, and survives a bare percent sign', () => {
  for (const path of ['/other/x.parquet', 's3://bucket/x.parquet', 'file:///x.parquet']) {
    expect(() => keyOfPath(path)).toThrow(JobError);
  }
  expect(decodedPath('a%zz')).toBe('a%zz');
});

it.each([
  ['00000000000000000012.json', 'commit'],
  ['00000000000000000010.checkpoint.parquet', 'checkpoint'],
  ['00000000000000000010.checkpoint.0000000001.0000000002.parquet', 'part'],
  [`00000000000000000010.checkpoint.${UUID}.parquet`, 'v2'],
  ['00000000000000000010.crc', undefined],
  ['00000000000000000001.00000000000000000009.compacted.json', undefined],
  ['_last_checkpoint', undefined],
])('knows %s in the log folder as %s', (name, kind) => {
  expect(logFile(`_delta_log/${name}`)?.kind).toBe(kind);
});
