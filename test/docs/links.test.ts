import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NOT_OURS = ['node_modules', 'dist', 'coverage', '.dray', '.venv', '.git'];

const PAGES = globSync('**/*.md', {
  cwd: ROOT,
  exclude: (path) => NOT_OURS.some((name) => path.split(/[\\/]/).includes(name)),
});

/** Relative links and images of a page, outside code. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function isBroken(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? join(ROOT, page) : join(ROOT, dirname(page), file);
  if (!existsSync(path)) return true;
  return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).has(anchor);
}

it('has only links that lead somewhere in its documents', () => {
  const broken = PAGES.flatMap((page) =>
    linksOf(page)
      .filter((link) => isBroken(page, link))
      .map((link) => `${page}: ${link}`),
  );
  expect(PAGES).toContain('README.md');
  expect(broken).toEqual([]);
});

it('names each decision record by its number, without a gap', () => {
  const numbers = PAGES.map((page) => /docs[\\/]adr[\\/](\d{4})-[a-z0-9-]+\.md$/.exec(page)?.[1])
    .filter((number) => number !== undefined)
    .sort();
  const expected = numbers.map((_, index) => String(index + 1).padStart(4, '0'));
  expect(numbers).toEqual(expected);
});

it('starts each decision record with the decision', () => {
  const other = PAGES.filter((page) => /docs[\\/]adr[\\/]/.test(page)).filter(
    (page) => !/^# \d{4}\. .+\n\n\*\*Decision\.\*\*/.test(readFileSync(join(ROOT, page), 'utf8')),
  );
  expect(other).toEqual([]);
});
