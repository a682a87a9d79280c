// npm run bench: prepares what the run needs, once, and runs it. See bench/arguments.ts for options.
import { join } from 'node:path';
import { ensureInstalled, ROOT, runPinned } from './bootstrap.mjs';
import { buildWhenStale } from './build.mjs';
import { findPython, prepareVenv } from './python.mjs';
import { findJava, prepareSpark, sparkVersionsFor } from './spark.mjs';

const ON_SPARK = ['bigdata', 'pyspark', 'contest', 'curve', 'connect'];
const ON_POLARS = ['polars', 'contest'];

/** Whether `--only` leaves any of these in. */
function wants(names) {
  const args = process.argv.slice(2);
  const at = args.findIndex((arg) => arg === '--only' || arg.startsWith('--only='));
  if (at < 0) return true;
  const list = args[at].split('=')[1] ?? args[at + 1] ?? '';
  const chosen = list.split(',').map((name) => name.trim());
  return names.some((name) => chosen.includes(name));
}

async function prepareNewestSpark(python) {
  const java = findJava();
  if (java.missing) {
    process.stderr.write(`nothing runs on Spark: ${java.missing}\n`);
    return undefined;
  }
  const [version] = sparkVersionsFor(java);
  return { version, ...(await prepareSpark(version, python.version)) };
}

ensureInstalled();
const python = findPython();
if (python.version === undefined) {
  process.stderr.write(`the benchmark needs Python 3.11 or newer: ${python.missing}\n`);
  process.exit(1);
}
const pythons = {
  judge: prepareVenv(python.version),
  ...(wants(ON_POLARS) && {
    polars: prepareVenv(python.version, {
      folder: '.dray/bench-venv',
      requirements: 'bench/peers/requirements.txt',
    }),
  }),
  ...(wants(ON_SPARK) && { spark: await prepareNewestSpark(python) }),
};
await buildWhenStale();
process.exitCode = await runPinned([join(ROOT, 'bench/bench.ts'), ...process.argv.slice(2)], {
  env: { ...process.env, BENCH_PYTHONS: JSON.stringify(pythons) },
});
