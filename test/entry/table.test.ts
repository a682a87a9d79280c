import { expect, it } from '@jest/globals';
import { tableLines } from '../../entry/table.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'TEXT', shrinkTo: 4 },
  { title: 'ROWS', align: 'right', optional: true },
  { title: 'AT', optional: true },
] as const;
const ROWS = [
  ['a', 'a long text', '1', 'now'],
  ['bcd', '\u001b[31mred\u001b[39m', '20,940,529', ''],
];

it('aligns columns, and colours take no room', () => {
  expect(tableLines(COLUMNS, ROWS, Number.POSITIVE_INFINITY)).toEqual([
    'ID   TEXT               ROWS  AT',
    'a    a long text           1  now',
    'bcd  \u001b[31mred\u001b[39m          20,940,529',
  ]);
});

it('cuts the cells that may be cut', () => {
  expect(tableLines(COLUMNS, ROWS, 28)).toEqual([
    'ID   TEXT          ROWS  AT',
    'a    a lon…           1  now',
    'bcd  \u001b[31mred\u001b[39m     20,940,529',
  ]);
});

it('leaves out optional columns when that is not enough, the last one first', () => {
  expect(tableLines(COLUMNS, ROWS, 22)[0]).toBe('ID   TEXT         ROWS');
  expect(tableLines(COLUMNS, ROWS, 12)).toEqual([
    'ID   TEXT',
    'a    a long…',
    'bcd  \u001b[31mred\u001b[39m',
  ]);
});

it('keeps what it may not cut, however narrow the terminal', () => {
  expect(tableLines(COLUMNS, ROWS, 3)).toEqual([
    'ID   TEXT',
    'a    a l…',
    'bcd  \u001b[31mred\u001b[39m',
  ]);
});
