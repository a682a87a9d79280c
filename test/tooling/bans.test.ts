import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const CLOCK = {
  'Date.now': 'Date.now();',
  'a date of this moment': 'new Date();',
  'performance.now': 'performance.now();',
} as const;
const TIMER = {
  setTimeout: 'setTimeout(f, 1);',
  setInterval: 'setInterval(f, 1);',
  'timers of node': "import { setTimeout as s } from 'node:timers/promises';",
} as const;
const EDGE = {
  'the environment': 'process.env;',
  'the environment, unpacked': 'const { env } = process;',
  console: "console.log('x');",
  'standard output': "process.stdout.write('x');",
  'standard error': "process.stderr.write('x');",
} as const;
const ALL = { ...CLOCK, ...TIMER, ...EDGE };
const ALLOWED = "import { a } from './a.ts'; new Date(0); Date.parse('2026-01-01');";

/** Which of the banned things each place may do after all. */
const PLACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'core/lease.ts': {},
  'jobs/load-promos/job.ts': {},
  'core/clock.ts': { ...CLOCK, ...TIMER },
  'entry/dray.ts': EDGE,
  'test/core/lease.test.ts': { ...TIMER, ...EDGE },
  'bench/bench.ts': ALL,
  'scripts/generate-docs.ts': ALL,
};

/** Lints with the product's own restrictions for a path, without the slow typed rules. */
const LINT = `
  import { ESLint } from 'eslint';
  const product = new ESLint();
  const found = {};
  for (const [path, texts] of Object.entries(JSON.parse(process.argv[1]))) {
    const { rules } = await product.calculateConfigForFile(path);
    const bans = Object.entries(rules).filter(([name]) => name.startsWith('no-restricted-'));
    const eslint = new ESLint({
      overrideConfigFile: true,
      overrideConfig: { rules: Object.fromEntries(bans) },
    });
    found[path] = [];
    for (const [name, text] of Object.entries(texts)) {
      const [{ messages }] = await eslint.lintText(text, { filePath: 'x.js' });
      if (messages.length > 0) found[path].push(name);
    }
  }
  process.stdout.write(JSON.stringify(found));
`;

const SAMPLES = { ...ALL, 'an import without its ending': "import { a } from './a';", ALLOWED };

describe('lint', () => {
  let found: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => {
    const samples = Object.fromEntries(Object.keys(PLACES).map((path) => [path, SAMPLES]));
    const args = ['--input-type=module', '--eval', LINT, JSON.stringify(samples)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    found = JSON.parse(stdout) as typeof found;
  }, 30_000);

  it.each(Object.entries(PLACES))('lets %s do what belongs there, and no more', (path, allowed) => {
    const refused = Object.keys(ALL).filter((name) => !(name in allowed));
    expect(found[path]).toEqual([...refused, 'an import without its ending']);
  });
});
