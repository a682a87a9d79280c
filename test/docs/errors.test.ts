import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../core/errors.ts';

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** Heading, exit code and retryability of each section, as the page has them. */
const SECTIONS = [
  ...PAGE.matchAll(/^### (\S+)\n\nExit code (\d+), (not retryable|retryable)\. \S/gm),
].map(([, code = '', exitCode, retryable]) => ({
  code,
  exitCode: Number(exitCode),
  retryable: retryable === 'retryable',
}));

describe('docs/errors.md', () => {
  it('explains every code and none besides, each once', () => {
    const headings = [...PAGE.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(headings.sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('gives each code its exit code and says whether a retry helps', () => {
    const written = Object.fromEntries(
      SECTIONS.map(({ code, exitCode, retryable }) => [code, { exitCode, retryable }]),
    );
    expect(written).toEqual(ERROR_CODES);
  });

  it('puts each code under the heading of its exit code', () => {
    const misplaced = PAGE.split(/^## /m)
      .slice(1)
      .flatMap((part) => {
        const [heading = '', ...rest] = part.split('\n');
        const codes = rest.join('\n').matchAll(/^### \S+\n\nExit code (\d+)/gm);
        return [...codes].map(([, code]) => ({ heading, code: code ?? '' }));
      })
      .filter(({ heading, code }) => !new RegExp(`\\b${code}\\b`).test(heading));
    expect(misplaced).toEqual([]);
  });

  it('lists every exit code in its table', () => {
    const cells = [...PAGE.matchAll(/^\| ([\d, ]+?) +\|/gm)].flatMap(([, cell = '']) =>
      cell.split(', ').map(Number),
    );
    const used = new Set([0, ...Object.values(ERROR_CODES).map(({ exitCode }) => exitCode)]);
    expect([...new Set(cells)].sort()).toEqual([...used].sort());
  });
});
