import { expect, it } from '@jest/globals';
import { note, ok, red } from '../../core/finding.ts';
import { groupLines, verdictLine } from '../../entry/doctor/view.ts';

const GROUP = {
  title: 'programs',
  findings: [
    ok('Node', '24.0.0'),
    note('Docker', 'no engine answers', 'start it'),
    red(
      'storage s3://lake/promotions',
      'it is\ndenied \u001b[2J',
      'allow s3:PutObject on the prefix of it',
    ),
  ],
};

it('prints words and whole lines where nobody looks on', () => {
  const look = { width: Number.POSITIVE_INFINITY, color: false };
  expect(groupLines(GROUP, look)).toEqual([
    'programs',
    '  ok   Node              24.0.0',
    '  note Docker            no engine answers',
    '                         → start it',
    '  red  storage s3://lake/promotions',
    '                         it is',
    '                         denied \\u001b[2J',
    '                         → allow s3:PutObject on the prefix of it',
    '',
  ]);
});

it('prints signs on a terminal, and breaks lines at its width', () => {
  expect(groupLines(GROUP, { width: 48, color: false }).slice(-4)).toEqual([
    '                      denied \\u001b[2J',
    '                      → allow s3:PutObject on',
    '                      the prefix of it',
    '',
  ]);
});

it('says in a line what came of it', () => {
  expect(verdictLine([GROUP], false)).toBe('not well: 1 ok, 1 to know, 1 red');
  expect(verdictLine([{ ...GROUP, findings: [ok('a', 'b')] }], false)).toContain('fit to run');
});
