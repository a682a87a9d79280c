import { describe, expect, it } from '@jest/globals';
import type { Column, OutputContract } from '../../core/schema.ts';
import type { Source, SourceColumn } from '../../core/strategy.ts';
import {
  DEFAULT_SCHEMA_CONTRACT,
  fitSource,
  schemaContract,
  type SchemaContract,
} from '../../jobs/schema-contract.ts';

const required = [
  { name: 'week', accepts: 'integer' },
  { name: 'code', accepts: 'text' },
] as const;
const contract: OutputContract = {
  columns: [
    { name: 'week', type: { kind: 'int32' }, nullable: false },
    { name: 'brand', type: { kind: 'string' }, nullable: true },
  ],
  key: ['week'],
  partitionBy: 'week',
  validity: { from: 'week', to: 'week' },
};

function sourceOf(...columns: SourceColumn[]): Source {
  return {
    location: '/lake/promotions',
    columns,
    snapshot: [],
    relation: '',
    relationWithOrigin: '',
    assertUnchanged: () => Promise.resolve(),
  };
}
const week = { name: 'week', type: 'BIGINT' };
const code = { name: 'code', type: 'VARCHAR' };

function fit(
  policies: Partial<SchemaContract>,
  columns: readonly SourceColumn[],
  known: readonly Column[] = [],
) {
  const all = { ...DEFAULT_SCHEMA_CONTRACT, ...policies };
  return fitSource(sourceOf(...columns), { required, contract, policies: all }, known);
}

function known(name: string, type: Column['type']): Column {
  return { name, type, nullable: true, evolved: true };
}

describe('a source as the job knows it', () => {
  it.each(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UBIGINT'])(
    'may have %s for an integer, and columns that nothing uses',
    (type) => {
      const found = fit({}, [{ name: 'week', type }, code, { name: 'more', type: 'DATE' }]);
      expect(found).toEqual({ evolved: [], fates: [], unused: ['more'] });
    },
  );

  it.each(['DOUBLE', 'FLOAT', 'VARCHAR', 'DECIMAL(10,0)', 'BOOLEAN'])(
    'does not have %s for an integer',
    (type) => {
      expect(() => fit({}, [{ name: 'week', type }, code])).toThrow(
        `column "week": expected integer, found ${type}`,
      );
    },
  );

  it('has every problem named at once', () => {
    expect(() =>
      fit({ newColumns: 'fail' }, [
        { ...code, type: 'INTEGER' },
        { name: 'x', type: 'DATE' },
      ]),
    ).toThrow(
      /column "week": expected integer, found no such column\n.*column "code": expected text, found INTEGER\n.*column "x": is new \(DATE\)/,
    );
  });
});

describe('new columns', () => {
  it('get the widest type of their kind', () => {
    const { evolved } = fit({ newColumns: 'evolve' }, [
      ...[week, code],
      ...['SMALLINT', 'DECIMAL(5,2)', 'FLOAT', 'VARCHAR', 'TIMESTAMP', 'UBIGINT', 'BOOLEAN'].map(
        (type, index) => ({ name: `c${String(index)}`, type }),
      ),
    ]);
    expect(evolved.map(({ type }) => type)).toEqual([
      { kind: 'int64' },
      { kind: 'decimal', precision: 38, scale: 2 },
      { kind: 'float64' },
      { kind: 'string' },
      { kind: 'timestamp' },
      { kind: 'decimal', precision: 38, scale: 0 },
      { kind: 'bool' },
    ]);
    expect(evolved.every(({ nullable, evolved: came }) => nullable && came)).toBe(true);
    expect(evolved.filter(({ hashed }) => hashed === true).map(({ name }) => name)).toEqual(['c2']);
  });

  it('are not new when the job makes them itself, or when an earlier load brought them', () => {
    const x = known('x', { kind: 'int64' });
    const columns = [week, code, { name: 'brand', type: 'DATE' }, { name: 'x', type: 'INTEGER' }];
    for (const newColumns of ['fail', 'ignore', 'quarantine', 'evolve'] as const) {
      const found = fit({ newColumns }, columns, [x]);
      expect(found).toEqual({ evolved: [x], fates: [], unused: ['brand'] });
    }
  });

  it.each([
    ['odd name', 'DATE', 'its name is not one for every target'],
    ['Mixed', 'DATE', 'its name is not one for every target'],
    ['bytes', 'BLOB', 'no target takes its type BLOB'],
    ['nested', 'INTEGER[]', 'no target takes its type INTEGER[]'],
  ])('are refused as "%s" of type %s', (name, type, says) => {
    expect(() => fit({ newColumns: 'evolve' }, [week, code, { name, type }])).toThrow(says);
  });
});

describe('missing columns', () => {
  const some = { ...code, missingIn: '/lake/b.parquet' };
  it('are refused whatever the policy where no file has them', () => {
    for (const missingColumns of ['fail', 'ignore', 'quarantine'] as const) {
      expect(() => fit({ missingColumns }, [week])).toThrow('expected text, found no such column');
    }
  });

  it('in some files are refused, or are for the rules about the rows', () => {
    expect(() => fit({}, [week, some])).toThrow('column "code": missing in /lake/b.parquet');
    expect(() => fit({ missingColumns: 'ignore' }, [week, some])).toThrow('needs a value');
    const { fates } = fit({ missingColumns: 'quarantine' }, [week, some]);
    expect(fates).toMatchObject([{ column: 'code', change: 'missing' }]);
  });

  it('that came with the source once are null', () => {
    const x = known('x', { kind: 'int64' });
    expect(fit({ newColumns: 'fail' }, [week, code], [x]).evolved).toEqual([x]);
  });
});

describe('changed types', () => {
  const text = { ...week, type: 'VARCHAR' };
  it('of a column that needs a value are refused or quarantine rows', () => {
    expect(() => fit({}, [text, code])).toThrow('expected integer, found VARCHAR');
    expect(() => fit({ changedTypes: 'ignore' }, [text, code])).toThrow('needs a value');
    expect(fit({ changedTypes: 'quarantine' }, [text, code]).fates).toMatchObject([
      { column: 'week', change: 'changed', policy: 'quarantine' },
    ]);
    expect(() => fit({ changedTypes: 'quarantine' }, [{ ...week, type: 'DATE' }, code])).toThrow(
      'found DATE, no value of which is one',
    );
  });

  it.each<[Column['type'], string, boolean]>([
    [{ kind: 'int64' }, 'TINYINT', true],
    [{ kind: 'int64' }, 'UBIGINT', false],
    [{ kind: 'decimal', precision: 38, scale: 2 }, 'DECIMAL(18,1)', true],
    [{ kind: 'decimal', precision: 38, scale: 2 }, 'BIGINT', true],
    [{ kind: 'decimal', precision: 38, scale: 2 }, 'DECIMAL(18,3)', false],
    [{ kind: 'float64' }, 'FLOAT', true],
    [{ kind: 'float64' }, 'BIGINT', false],
    [{ kind: 'string' }, 'DATE', false],
  ])('since earlier loads: %j holds all of %s: %s', (type, found, holds) => {
    const columns = [week, code, { name: 'x', type: found }];
    const check = () => fit({}, columns, [known('x', type)]);
    if (holds) expect(check().fates).toEqual([]);
    else {
      expect(check).toThrow(/column "x": expected .* as in earlier loads/);
      const { fates } = fit({ changedTypes: 'ignore' }, columns, [known('x', type)]);
      expect(fates).toMatchObject([{ says: expect.stringContaining('becomes null') }]);
    }
  });
});

describe('policies', () => {
  it('that mean nothing are refused with the reason', () => {
    const { error } = schemaContract.safeParse({
      missingColumns: 'evolve',
      changedTypes: 'evolve',
    });
    expect(error?.issues.map(({ path, message }) => [path[0], message])).toEqual([
      ['missingColumns', expect.stringContaining('cannot be "evolve"')],
      ['changedTypes', expect.stringContaining('widest type of their kind')],
    ]);
    expect(schemaContract.parse({})).toEqual(DEFAULT_SCHEMA_CONTRACT);
  });
});
