import importX from 'eslint-plugin-import-x';
import jest from 'eslint-plugin-jest';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { importRules, importSettings } from './eslint.ranks.js';

const TESTS = ['test/**'];
const TOOLS = ['bench/**', 'scripts/**'];
const CLOCK = 'core/clock.ts';

const CLOCK_HINT = 'take a Clock as an argument; only core/clock.ts reads the time';
const TIMER_HINT = 'take a Clock as an argument and sleep with it; only core/clock.ts sets timers';
const EDGE_HINT = 'only entry/ reads the environment and prints; take the value as an argument';

const extension = {
  selector:
    ':matches(ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression)' +
    '[source.value=/^\\.{1,2}\\u002F(?!.*\\.(ts|json)$)/]',
  message: 'relative imports name the file, with its .ts ending',
};
const clock = {
  properties: [
    { object: 'Date', property: 'now', message: CLOCK_HINT },
    { object: 'performance', property: 'now', message: CLOCK_HINT },
  ],
  syntax: [
    {
      selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
      message: CLOCK_HINT,
    },
    { selector: 'CallExpression[callee.name="Date"]', message: CLOCK_HINT },
  ],
  modules: ['node:perf_hooks', 'perf_hooks'].map((name) => ({ name, message: CLOCK_HINT })),
};
const timer = {
  globals: ['setTimeout', 'setInterval'].map((name) => ({ name, message: TIMER_HINT })),
  properties: ['setTimeout', 'setInterval'].map((property) => ({
    object: 'globalThis',
    property,
    message: TIMER_HINT,
  })),
  modules: ['node:timers/promises', 'timers/promises', 'node:timers', 'timers'].map((name) => ({
    name,
    message: TIMER_HINT,
  })),
};
const edge = {
  globals: [{ name: 'console', message: EDGE_HINT }],
  properties: ['env', 'stdout', 'stderr'].map((property) => ({
    object: 'process',
    property,
    message: EDGE_HINT,
  })),
  modules: ['node:process', 'process', 'node:console', 'console'].map((name) => ({
    name,
    message: EDGE_HINT,
  })),
};

/**
 * The bans of one kind of file: each rule's options are the sum of its groups. A rule without
 * options is switched off, since ESLint would otherwise keep those of the entry before.
 */
function bans(...groups) {
  const sum = (key) => groups.flatMap((group) => group[key] ?? []);
  const rule = (options) => (options.length > 0 ? ['error', ...options] : 'off');
  const modules = sum('modules');
  return {
    'no-restricted-globals': rule(sum('globals')),
    'no-restricted-properties': rule(sum('properties')),
    'no-restricted-imports': rule(modules.length > 0 ? [{ paths: modules }] : []),
    'no-restricted-syntax': rule([extension, ...sum('syntax')]),
  };
}

export default defineConfig(
  { ignores: ['**/node_modules/', 'dist/', 'coverage/', '.dray/', '.venv/', '**/generated/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...bans(clock, timer, edge),
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `import { type X }` alone would still load the module, and the bundle must start without natives.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/return-await': ['error', 'always'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['**/*.ts', '**/*.js', '**/*.mjs'],
    plugins: { 'import-x': importX },
    settings: importSettings,
    rules: {
      ...importRules(import.meta.dirname),
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
    },
  },
  { files: [CLOCK], rules: bans(edge) },
  { files: ['entry/**/*.ts'], rules: bans(clock, timer) },
  { files: TESTS.map((folder) => `${folder}/*.ts`), rules: bans(clock) },
  { files: TOOLS.map((folder) => `${folder}/*.ts`), rules: bans() },
  {
    files: ['test/**/*.ts'],
    plugins: { jest },
    rules: {
      'jest/expect-expect': [
        'error',
        { assertFunctionNames: ['expect', 'expect*', 'fc.assert', '*.fc.assert'] },
      ],
      'jest/no-commented-out-tests': 'error',
      'jest/no-disabled-tests': 'error',
      'jest/no-focused-tests': 'error',
      'jest/no-identical-title': 'error',
      'jest/no-standalone-expect': 'error',
      'jest/valid-expect': 'error',
      'jest/valid-title': 'error',
    },
  },
  {
    files: ['*.config.{js,ts}', 'test/sequencer.mjs'],
    rules: { 'import-x/no-default-export': 'off' },
  },
);
