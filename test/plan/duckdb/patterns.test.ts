import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Expression } from '../../../plan/expression.ts';
import { base64, hash60, hex, md5, sha256 } from '../../../plan/expressions/hash.ts';
import { like, matches, regexpExtract, regexpReplace } from '../../../plan/expressions/text.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { binary, type PlanCell, string } from '../../../plan/types.ts';
import { openPlans, valuesOf } from './evaluate.ts';

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

type Case = readonly [
  title: string,
  apply: (x: Expression<'string'>) => Expression,
  pairs: readonly (readonly [input: string, expected: PlanCell])[],
];

const CASES: readonly Case[] = [
  [
    'like with wildcards',
    (x) => like(x, 'a%b_'),
    [
      ['ab😀', true],
      ['a\nb\n', true],
      ['ab', false],
      ['Abc', false],
    ],
  ],
  [
    'like with escapes',
    (x) => like(x, '!%\\!_!!'),
    [
      ['%\\_!', true],
      ['a\\_!', false],
    ],
  ],
  [
    'matches',
    (x) => matches(x, '^[a-c]+.\\d$'),
    [
      ['abc-1', true],
      ['abc\n1', false],
      ['ab-1\n', false],
      ['ab-٣', false],
    ],
  ],
  [
    'matches a class',
    (x) => matches(x, '[\\w.\\]-]{2,3}?x'),
    [
      ['a.x', true],
      [']-x', true],
      ['éx', false],
    ],
  ],
  [
    'matches lines',
    (x) => matches(x, '^b'),
    [
      ['a\nb', false],
      ['b', true],
    ],
  ],
  [
    'regexpReplace',
    (x) => regexpReplace(x, '(a)(b)?', '$2$$\\$1'),
    [
      ['abxa', 'b$\\ax$\\a'],
      ['', ''],
      ['x', 'x'],
    ],
  ],
  [
    'regexpExtract',
    (x) => regexpExtract(x, '(\\d+)-(x)?', 1),
    [
      ['a12-3-', '12'],
      ['a', ''],
      ['', ''],
    ],
  ],
  [
    'regexpExtract of a group without a match',
    (x) => regexpExtract(x, '(\\d+)-(x)?', 2),
    [
      ['1-', ''],
      ['1-x', 'x'],
    ],
  ],
  ['regexpExtract of all', (x) => regexpExtract(x, 'b+', 0), [['abbb', 'bbb']]],
  [
    'hex',
    hex,
    [
      ['é', 'C3A9'],
      ['', ''],
      ['a\0', '6100'],
    ],
  ],
  [
    'base64',
    base64,
    [
      ['aé', 'YcOp'],
      ['', ''],
      ['x'.repeat(100), Buffer.from('x'.repeat(100)).toString('base64')],
    ],
  ],
];

describe('patterns and digests of texts in DuckDB', () => {
  it.each(CASES)('%s', async (_, apply, pairs) => {
    const inputs = [...pairs.map(([input]) => input), null];
    const values = await valuesOf(session, string, inputs, apply);
    expect(values).toEqual([...pairs.map(([, expected]) => expected), null]);
  });

  it('are hashed by their UTF-8 bytes', async () => {
    const inputs = ['', 'a', 'é😀', '1000050|316|1', null];
    const digest = (algorithm: string, input: string | null) =>
      input === null ? null : createHash(algorithm).update(input).digest('hex');
    expect(await valuesOf(session, string, inputs, md5)).toEqual(
      inputs.map((input) => digest('md5', input)),
    );
    expect(await valuesOf(session, string, inputs, sha256)).toEqual(
      inputs.map((input) => digest('sha256', input)),
    );
    expect(await valuesOf(session, string, inputs, hash60)).toEqual(
      inputs.map((input) => {
        const digits = digest('md5', input);
        return digits === null ? null : BigInt(`0x${digits.slice(0, 15)}`);
      }),
    );
  });

  it('are spelled from bytes', async () => {
    const inputs = [Uint8Array.from([0, 255]), new Uint8Array(), null];
    expect(await valuesOf(session, binary, inputs, hex)).toEqual(['00FF', '', null]);
    expect(await valuesOf(session, binary, inputs, base64)).toEqual(['AP8=', '', null]);
  });
});
