import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { RUN_STATES, TRANSITIONS } from '../../core/run-state.ts';

const PAGE = readFileSync(new URL('../../docs/states.md', import.meta.url), 'utf8');

/** The arrows of the drawing; `[*]` is its start and its end. */
const ARROWS = [...PAGE.matchAll(/^ +(\S+) --> (\S+)$/gm)].map(([, from = '', to = '']) => ({
  from,
  to,
}));

describe('docs/states.md', () => {
  it('draws every move of a run and none besides', () => {
    const drawn = ARROWS.filter(({ from, to }) => from !== '[*]' && to !== '[*]');
    const moves = Object.entries(TRANSITIONS).flatMap(([from, targets]) =>
      targets.map((to) => ({ from, to })),
    );
    expect(new Set(drawn.map(spell))).toEqual(new Set(moves.map(spell)));
    expect(drawn).toHaveLength(moves.length);
  });

  it('lets exactly the states without a move lead to the end', () => {
    const ends = ARROWS.filter(({ to }) => to === '[*]').map(({ from }) => from);
    const final = RUN_STATES.filter((state) => TRANSITIONS[state].length === 0);
    expect(ends.sort()).toEqual([...final].sort());
  });

  it('says what each state means', () => {
    const explained = [...PAGE.matchAll(/^\| ([A-Z]+) +\|/gm)].map(([, state]) => state);
    expect(explained).toEqual(expect.arrayContaining([...RUN_STATES]));
  });
});

function spell({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${from} to ${to}`;
}
