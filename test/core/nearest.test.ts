import { expect, it } from '@jest/globals';
import { nearest } from '../../core/nearest.ts';

const FLAGS = ['module_name', 'start_date', 'end_date', 'run_id', 'attempt', 'store', 'force'];

it.each([
  ['start_dat', 'start_date'],
  ['strat_date', 'start_date'],
  ['start-date', 'start_date'],
  ['startDate', 'start_date'],
  ['RUNID', 'run_id'],
  ['atempt', 'attempt'],
  ['module', 'module_name'],
  ['frce', 'force'],
])('reads "%s" as %s', (name, meant) => {
  expect(nearest(name, FLAGS)).toBe(meant);
});

it.each(['', 'x', 'colour', 'st', 'verbose', '__proto__'])('has no guess for "%s"', (name) => {
  expect(nearest(name, FLAGS)).toBeUndefined();
});

it('does not guess from a beginning that fits two', () => {
  expect(nearest('loader', ['loader_config_first', 'loader_config_second'])).toBeUndefined();
});

it('prefers the candidate with fewer edits, then the first', () => {
  expect(nearest('cast', ['coast', 'cart', 'cast_'])).toBe('cast_');
  expect(nearest('cast', ['cart', 'cost'])).toBe('cart');
});
