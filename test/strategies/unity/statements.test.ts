import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { displayName, parseUnityName, qualified } from '../../../strategies/unity/table-name.ts';
import { allStatements } from './statements.ts';

describe('the statements after a load', () => {
  it('quote every value by its type', () => {
    const golden = readFileSync(join(import.meta.dirname, 'statements.sql'), 'utf8');
    const statements = allStatements('main.sales.promotions', 's3a://lake/promotions/');
    expect(`${statements.join(';\n')};\n`).toBe(golden);
  });
});

describe('the name of a table in Unity Catalog', () => {
  it('has three parts, with backticks where one is no plain name', () => {
    const name = parseUnityName('Main.`eu-sales`.`Pro``motions`');
    expect(name).toEqual({ catalog: 'main', schema: 'eu-sales', table: 'pro`motions' });
    expect(qualified(name)).toBe('`main`.`eu-sales`.`pro``motions`');
    expect(displayName(name)).toBe('main.`eu-sales`.`pro``motions`');
  });

  it.each(['promotions', 'sales.promotions', 'a.b.c.d', 'a..c', 'a.b.c d', 'a.b.`c', 'a.b.c;'])(
    'is not %s',
    (text) => {
      expect(() => parseUnityName(text)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(text) }),
      );
    },
  );
});
