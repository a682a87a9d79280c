import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { entryHelp } from '../../entry/flags.ts';
import { notifiers, readers, writers } from '../../strategies/registry.ts';

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

describe('docs/configuration.md', () => {
  const page = read('docs/configuration.md');

  it('has every flag of the bundle', () => {
    const flags = [...entryHelp([]).matchAll(/^ {2}--(\w+)/gm)].map(
      ([, flag]) => `--${flag ?? ''}`,
    );
    expect(flags.length).toBeGreaterThan(5);
    expect(flags.filter((flag) => !page.includes(`\`${flag}\``))).toEqual([]);
  });

  it('says which modes and engines each strategy has', () => {
    const rows = Object.fromEntries(
      [...page.matchAll(/^\| (reader|writer) `(\w+)` +\|(.+)\|$/gm)].map(
        ([, kind = '', name = '', cells = '']) => [
          `${kind} ${name}`,
          cells.split('|').map((cell) => cell.trim()),
        ],
      ),
    );
    const engines = ['row', 'bulk', 'bigdata'] as const;
    for (const [name, { on }] of Object.entries(readers)) {
      expect(rows[`reader ${name}`]).toEqual(engines.map((each) => (each in on ? 'yes' : 'no')));
    }
    for (const [name, { on, modes }] of Object.entries(writers)) {
      const list = modes.map((mode) => `\`${mode}\``).join(', ');
      expect(rows[`writer ${name}`]).toEqual(engines.map((each) => (each in on ? list : 'no')));
    }
    expect(page).toContain(
      `Notifiers: ${Object.keys(notifiers)
        .map((name) => `\`${name}\``)
        .join(', ')}.`,
    );
  });
});
