/**
 * Writes the table of what works where into docs/configuration.md, from the strategies themselves.
 * With --check it compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ENGINES } from '../core/engine.ts';
import { capabilityText } from '../entry/commands/capabilities.ts';
import { capabilities, notifierNames } from '../strategies/capabilities.ts';

const FILE = join(import.meta.dirname, '../docs/configuration.md');
const START = '<!-- written by scripts/generate-capabilities.ts -->';
const END = '<!-- end -->';

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

const table = [
  row(['strategy', ...ENGINES.map((engine) => `\`${engine}\``)]),
  row(['---', ...ENGINES.map(() => '---')]),
  ...capabilities().map((each) =>
    row([
      `${each.role} \`${each.name}\``,
      ...ENGINES.map((engine) =>
        capabilityText(each, engine).replaceAll(/[a-z]+_[a-z]+|append|overwrite|merge/g, '`$&`'),
      ),
    ]),
  ),
  '',
  `Notifiers: ${notifierNames()
    .map((name) => `\`${name}\``)
    .join(', ')}.`,
].join('\n');

const text = readFileSync(FILE, 'utf8');
const [before, rest] = text.split(START);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined) throw new Error(`${FILE} has no place for it`);
const options = { ...(await resolveConfig(FILE)), filepath: FILE };
const written = await format(`${before}${START}\n\n${table}\n\n${END}${after}`, options);
if (process.argv.includes('--check')) {
  if (written !== text) {
    process.stderr.write('docs/configuration.md: run node scripts/generate-capabilities.ts\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, written);
}
