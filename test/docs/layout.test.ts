import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NOT_SOURCES = ['node_modules', 'dist', 'coverage'];

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('docs/architecture.md', () => {
  it('shows every folder of the project and none that is not there', () => {
    const listing = /^```\n([\s\S]*?)^```/m.exec(read('docs/architecture.md'))?.[1] ?? '';
    const shown = [...listing.matchAll(/^([a-z]+)\/ /gm)].map(([, folder]) => folder);
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .filter((name) => !NOT_SOURCES.includes(name));
    expect(shown.sort()).toEqual(folders.sort());
  });

  it('shows the ranks that lint keeps', () => {
    const ranks = /const RANKS = (\[[\s\S]*?\]);/.exec(read('eslint.ranks.js'))?.[1] ?? '';
    const line = /^`core` < .+$/m.exec(read('docs/architecture.md'))?.[0] ?? '';
    expect(line.match(/[a-z]+/g)).toEqual(ranks.match(/[a-z]+/g));
  });
});
