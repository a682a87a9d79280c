/**
 * The real project starts processes, databases and other people's software: `*.real.test.ts`,
 * `*.slow.test.ts` and everything in test/e2e. All other tests are fast.
 */
const REAL = ['<rootDir>/test/**/*.{real,slow}.test.ts', '<rootDir>/test/e2e/**/*.test.ts'];
const NOT_FAST = ['\\.(real|slow)\\.test\\.ts$', '<rootDir>/test/e2e/'];

const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // Tests import what they use from @jest/globals.
  injectGlobals: false,
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.dray/', '<rootDir>/.venv/'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'esnext' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

export default {
  // Only counts at the top: jest ignores it in a project. Starting Spark beside another suite takes a
  // minute on a small machine.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/test/sequencer.mjs',
  projects: [
    {
      ...shared,
      displayName: 'fast',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: NOT_FAST,
    },
    { ...shared, displayName: 'real', testMatch: REAL },
  ],
};
