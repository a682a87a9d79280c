import { join } from 'node:path';
import { ensureInstalled, ROOT, runPinned } from './bootstrap.mjs';
import { build, isStale } from './build.mjs';
import { findPython, prepareVenv } from './python.mjs';

ensureInstalled();
const python = findPython();
if (python.version === undefined) {
  process.stderr.write(`the benchmark needs Python 3.11 or newer: ${python.missing}\n`);
  process.exit(1);
}
if (isStale()) await build();
process.exitCode = await runPinned([join(ROOT, 'bench/bench.ts'), ...process.argv.slice(2)], {
  env: { ...process.env, DRAY_TEST_PYTHON: prepareVenv(python.version) },
});
