import { describe, expect, it } from '@jest/globals';
import type { ColumnType, OutputContract } from '../../../core/schema.ts';
import {
  createTable,
  differences,
  isOurs,
  postgresType,
} from '../../../strategies/writers/postgres/columns.ts';

function contractOf(type: ColumnType, nullable = true): OutputContract {
  return {
    columns: [{ name: 'c', type, nullable }],
    key: [],
    partitionBy: 'c',
    validity: { from: 'c', to: 'c' },
  };
}

describe('column types in Postgres', () => {
  it.each<[ColumnType, string]>([
    [{ kind: 'bool' }, 'boolean'],
    [{ kind: 'int32' }, 'integer'],
    [{ kind: 'int64' }, 'bigint'],
    [{ kind: 'float64' }, 'double precision'],
    [{ kind: 'binary' }, 'bytea'],
    [{ kind: 'date' }, 'date'],
    [{ kind: 'timestamp' }, 'timestamp with time zone'],
    [{ kind: 'string' }, 'text'],
    [{ kind: 'string', maxLength: 32 }, 'character varying(32)'],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 'numeric(5,2)'],
  ])('%j is created as %s, and accepted as that', (type, name) => {
    expect(postgresType(type)).toBe(name);
    const column = { name: 'c', type: name, notNull: false, collation: '', comment: null };
    expect(differences([column], contractOf(type))).toEqual([]);
  });

  it.each<[ColumnType, string, boolean]>([
    [{ kind: 'string' }, 'character varying', true],
    [{ kind: 'string' }, 'character varying(100)', false],
    [{ kind: 'string', maxLength: 3 }, 'text', true],
    [{ kind: 'string', maxLength: 3 }, 'character varying(3)', true],
    [{ kind: 'string', maxLength: 3 }, 'character varying(2)', false],
    [{ kind: 'string', maxLength: 3 }, 'character(3)', true],
    [{ kind: 'string', maxLength: 3 }, 'character(4)', false],
    [{ kind: 'string' }, 'jsonb', false],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 'numeric', true],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 'numeric(7,2)', true],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 'numeric(4,2)', false],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 'numeric(7,3)', false],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 'double precision', false],
    [{ kind: 'int32' }, 'bigint', true],
    [{ kind: 'int32' }, 'smallint', false],
    [{ kind: 'int64' }, 'integer', false],
    [{ kind: 'timestamp' }, 'timestamp without time zone', false],
    [{ kind: 'timestamp' }, 'timestamp(3) with time zone', false],
  ])('%j in a column of type %s: %s', (type, existing, accepted) => {
    const column = { name: 'c', type: existing, notNull: false, collation: '', comment: null };
    expect(differences([column], contractOf(type)).length === 0).toBe(accepted);
  });

  it('differ in NOT NULL, missing and unexpected columns too', () => {
    const found = [{ name: 'd', type: 'text', notNull: true, collation: 'default', comment: null }];
    expect(differences(found, contractOf({ kind: 'date' }))).toEqual([
      '"c" is missing (date)',
      '"d" (text) is not expected',
    ]);
    const strict = { name: 'c', type: 'date', notNull: true, collation: '', comment: null };
    expect(differences([strict], contractOf({ kind: 'date' }))).toHaveLength(1);
    expect(differences([strict], contractOf({ kind: 'date' }, false))).toEqual([]);
  });

  it('are created with bytewise keys and names that do not tell of the staging table', () => {
    const contract: OutputContract = {
      columns: [
        { name: 'id', type: { kind: 'string', maxLength: 32 }, nullable: false },
        { name: 'odd "name"', type: { kind: 'string' }, nullable: true },
      ],
      key: ['id'],
      partitionBy: 'id',
      validity: { from: 'id', to: 'id' },
    };
    const stage = { schema: 's', table: 'stage' };
    expect(createTable(stage, contract, 'unlogged', 'promotions')).toBe(
      [
        'create unlogged table "s"."stage" (',
        '  "id" character varying(32) collate "C" constraint "promotions_id_not_null" not null,',
        '  "odd ""name""" text',
        ')',
      ].join('\n'),
    );
  });

  it('are ours only in the same order, with the same collation', () => {
    const contract = contractOf({ kind: 'string' });
    const column = { name: 'c', type: 'text', notNull: false, collation: 'default', comment: null };
    expect(isOurs([column], contract)).toBe(true);
    expect(isOurs([{ ...column, collation: 'de_DE', comment: null }], contract)).toBe(false);
    expect(isOurs([column], { ...contract, key: ['c'] })).toBe(false);
  });
});
