import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A small product that breaks the rule in each way, and keeps it in each way. */
const FILES: Readonly<Record<string, string>> = {
  'core/clock.ts': 'export const clock = 1;',
  'core/errors.ts': "import { clock } from './clock.ts'; export const errors = clock;",
  'core/upward.ts': "import { sql } from '../plan/sql.ts'; export const upward = sql;",
  'core/type-upward.ts': "import type { Sql } from '../plan/sql.ts'; export type Up = Sql;",
  'core/cycle-a.ts': "import { b } from './cycle-b.ts'; export const a = () => b;",
  'core/cycle-b.ts': "import { a } from './cycle-a.ts'; export const b = () => a;",
  'core/tested.ts': "import { twin } from '../test/twin.ts'; export const tested = twin;",
  'plan/sql.ts':
    "import { clock } from '../core/clock.ts'; export const sql = clock; export type Sql = 1;",
  'engines/bulk.ts': "import { sql } from '../plan/sql.ts'; export const bulk = sql;",
  'strategies/peer.ts': "import { bulk } from '../engines/bulk.ts'; export const peer = bulk;",
  'jobs/upward.ts': "export { main } from '../entry/main.ts';",
  'entry/main.ts': "import { bulk } from '../engines/bulk.ts'; export const main = bulk;",
  'test/twin.ts': "import { main } from '../entry/main.ts'; export const twin = main;",
};

/** Runs in Node itself: ESLint loads its parser in ways a jest sandbox does not allow. */
const LINT = `
  import { ESLint } from 'eslint';
  import importX from 'eslint-plugin-import-x';
  import tseslint from 'typescript-eslint';
  import { importRules, importSettings } from './eslint.ranks.js';
  const cwd = process.argv[1];
  const config = {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    plugins: { 'import-x': importX },
    settings: importSettings,
    rules: importRules(cwd),
  };
  const eslint = new ESLint({ cwd, overrideConfigFile: true, overrideConfig: config });
  const results = await eslint.lintFiles(['.']);
  const found = results.map((r) => [r.filePath.slice(cwd.length + 1), r.messages.map((m) => m.ruleId)]);
  const product = await new ESLint().calculateConfigForFile('core/errors.ts');
  process.stdout.write(JSON.stringify({
    found: Object.fromEntries(found),
    zones: product.rules['import-x/no-restricted-paths'][1].zones.length,
    severity: product.rules['import-x/no-restricted-paths'][0],
  }));
`;

interface Outcome {
  readonly found: Readonly<Record<string, readonly string[]>>;
  readonly zones: number;
  readonly severity: number;
}

describe('the rule for imports', () => {
  let folder: string;
  let outcome: Outcome;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'dray-ranks-')));
    for (const [path, text] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const args = ['--input-type=module', '--eval', LINT, folder];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    outcome = JSON.parse(stdout) as Outcome;
  }, 30_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['core/upward.ts', 'a lower folder imports a higher one'],
    ['core/type-upward.ts', 'a lower folder imports a type of a higher one'],
    ['strategies/peer.ts', 'a folder imports its peer'],
    ['jobs/upward.ts', 'a lower folder re-exports a higher one'],
    ['core/tested.ts', 'a source imports a test'],
  ])('refuses %s, where %s', (path) => {
    expect(outcome.found[path]).toEqual(['import-x/no-restricted-paths']);
  });

  it('refuses files that import each other', () => {
    expect(outcome.found['core/cycle-a.ts']).toEqual(['import-x/no-cycle']);
    expect(outcome.found['core/cycle-b.ts']).toEqual(['import-x/no-cycle']);
  });

  it.each(['core/errors.ts', 'plan/sql.ts', 'engines/bulk.ts', 'entry/main.ts', 'test/twin.ts'])(
    'accepts %s, which imports downwards',
    (path) => {
      expect(outcome.found[path]).toEqual([]);
    },
  );

  it('is an error in the configuration of the product, for each of its ten folders', () => {
    expect(outcome).toMatchObject({ zones: 10, severity: 2 });
  });
});
