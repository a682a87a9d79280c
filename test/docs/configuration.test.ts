import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { toSnakeCase } from '../../core/wire-name.ts';
import { parseConfig } from '../../core/wire.ts';
import { entryHelp } from '../../entry/flags.ts';
import { loadPromosConfig } from '../../jobs/load-promos/config.ts';
import { notifiers, readers, writers } from '../../strategies/registry.ts';

const ENGINES = ['row', 'bulk', 'bigdata'] as const;

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

const PAGE = read('docs/configuration.md');

/** The cells after the name, of the rows that begin with `reader` or `writer`. */
const CAPABILITIES = Object.fromEntries(
  [...PAGE.matchAll(/^\| ((?:reader|writer) `\w+`) +\|(.+)\|$/gm)].map(
    ([, name = '', cells = '']) => [name, cells.split('|').map((cell) => cell.trim())],
  ),
);

describe('docs/configuration.md', () => {
  it('has every flag of the bundle', () => {
    const flags = [...entryHelp([]).matchAll(/^ {2}--([\w-]+)/gm)].map(([, flag = '']) => flag);
    expect(flags.length).toBeGreaterThan(5);
    expect(flags.filter((flag) => !PAGE.includes(`\`--${flag}\``))).toEqual([]);
  });

  it('has every key of the config of load_promos', () => {
    const { quality, resources, quarantine, ...others } = loadPromosConfig.shape;
    const keys = [
      ...Object.keys(others),
      ...Object.keys(quality.unwrap().shape).map((key) => `quality.${key}`),
      ...Object.keys(resources.unwrap().shape).map((key) => `resources.${key}`),
      ...Object.keys(quarantine.unwrap().shape).map((key) => `quarantine.${key}`),
    ].map(toSnakeCase);
    expect(keys.filter((key) => !PAGE.includes(`\`${key}\``))).toEqual([]);
  });

  it.each(Object.entries(readers))('says on which engines the reader %s runs', (name, { on }) => {
    expect(CAPABILITIES[`reader \`${name}\``]).toEqual(
      ENGINES.map((engine) => (engine in on ? 'yes' : 'no')),
    );
  });

  it.each(Object.entries(writers))(
    'says which modes the writer %s has on which engines',
    (name, { on, modes }) => {
      const list = modes.map((mode) => `\`${mode}\``).join(', ');
      expect(CAPABILITIES[`writer \`${name}\``]).toEqual(
        ENGINES.map((engine) => (engine in on ? list : 'no')),
      );
    },
  );

  it('names the notifiers', () => {
    const list = Object.keys(notifiers).map((name) => `\`${name}\``);
    expect(PAGE).toContain(`Notifiers: ${list.join(', ')}.`);
  });
});

it.each(['README.md', 'docs/configuration.md'])(
  'shows only configs that are valid in %s',
  (page) => {
    const examples = [...read(page).matchAll(/^```json\n([\s\S]*?)^```/gm)];
    expect(examples).not.toEqual([]);
    for (const [, text = ''] of examples) {
      expect(() => parseConfig(loadPromosConfig, JSON.parse(text))).not.toThrow();
    }
  },
);
