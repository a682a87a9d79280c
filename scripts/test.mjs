// npm test: says what it found and will therefore run, runs it, and ends with one line of counts.
//   --fast   only the fast project; anything else goes to jest
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { airflowMissing, prepareAirflows, prepareOlderAirflows } from './airflow.mjs';
import { continueOnPinnedNode, ROOT, runPinned } from './bootstrap.mjs';
import { build } from './build.mjs';
import { findPython, prepareTools, prepareVenv, versionOf } from './python.mjs';
import { findJava, prepareSpark, sparkVersionsFor } from './spark.mjs';

await continueOnPinnedNode(import.meta.url);

const fast = process.argv.includes('--fast');
const jestArgs = process.argv.slice(2).filter((arg) => arg !== '--fast');
const byName = jestArgs.some((arg) => /^(-t|--testNamePattern)/.test(arg));
const results = join(ROOT, '.dray', `jest-${process.pid}.json`);

/** 190 MB. */
const DAGSTER = {
  folder: '.dray/dagster-venv',
  requirements: 'test/python/dagster-requirements.txt',
};
const MOTO = { folder: '.dray/moto-venv', requirements: 'test/python/moto-requirements.txt' };
const DATABRICKS = {
  folder: '.dray/databricks-venv',
  requirements: 'test/python/databricks-requirements.txt',
};

function say(line) {
  process.stdout.write(`${line}\n`);
}

function finish({ passed, failed, skipped }, code) {
  say(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(code);
}

/** `{version: {python, jars}}` of the Sparks that run here; made once, some 900 MB. */
async function prepareSparks(python) {
  const java = findJava();
  const missing = java.missing ?? (python.version ? undefined : 'no Python');
  if (missing) {
    say(`spark   no: ${missing}; install Java 17 or newer and Python 3.11 or newer`);
    return {};
  }
  const versions = sparkVersionsFor(java);
  say(`spark   ${versions.join(', ')} (Java ${java.version})`);
  const prepared = {};
  for (const version of versions) prepared[version] = await prepareSpark(version, python.version);
  return prepared;
}

/** The pinned Airflows and ruff, as environment variables; some 700 MB each, made once. */
function prepareAirflowTests(python) {
  const missing = airflowMissing(python);
  if (missing) {
    say(`airflow no: ${missing}`);
    return {};
  }
  const airflows = prepareAirflows(python.version);
  const soaks = process.env.DRAY_SOAK_AIRFLOW !== undefined;
  const older = soaks ? prepareOlderAirflows(python.version) : {};
  say(`airflow ${Object.keys({ ...airflows, ...older }).join(', ')}`);
  return {
    DRAY_TEST_AIRFLOW: JSON.stringify(airflows),
    DRAY_TEST_OLDER_AIRFLOW: JSON.stringify(older),
    DRAY_TEST_RUFF: join(prepareTools(python.version), 'ruff'),
  };
}

/** The tags of docker/*.Dockerfile, built; layers that nothing has changed are there already. */
function prepareImages() {
  return Object.fromEntries(
    ['job', 'spark'].map((name) => {
      const tag = `dray-${name}:test`;
      say(`docker  building ${tag}`);
      const file = join(ROOT, 'docker', `${name}.Dockerfile`);
      const { status, stdout, stderr } = spawnSync(
        'docker',
        ['build', '--file', file, '--tag', tag, ROOT],
        // What a machine without BuildKit has; both make the same image.
        { encoding: 'utf8', env: { ...process.env, DOCKER_BUILDKIT: '0' } },
      );
      if (status !== 0) throw new Error(`docker build of ${tag} failed:\n${stdout}${stderr}`);
      return [name, tag];
    }),
  );
}

/** Looks at the machine, prints it, and returns what the tests may use, as environment variables. */
async function prepare() {
  say(`node    ${process.version}`);
  if (fast) {
    say('runs    the fast tests: no database, no Docker, no Python, no Spark');
    return {};
  }
  const python = findPython();
  const psql = versionOf('psql');
  const docker = versionOf('docker', ['info', '--format', 'engine {{.ServerVersion}}']);
  say(`python  ${python.version ?? `no: ${python.missing}; install Python 3.11 or newer`}`);
  say(`psql    ${psql ?? 'no'}`);
  say(`docker  ${docker ? `yes: ${docker}` : 'no'}`);
  const sparks = await prepareSparks(python);
  const airflows = prepareAirflowTests(python);
  const hasSpark = Object.keys(sparks).length > 0;
  say(
    [
      'runs    the fast tests; the real ones with embedded Postgres and DuckDB',
      python.version
        ? ', read back by deltalake and pyarrow; AWS as moto has it; Dagster'
        : '; nothing is read back by Python',
      hasSpark ? '; the launcher and the Spark engine on Spark' : '; nothing runs on Spark',
      airflows.DRAY_TEST_AIRFLOW ? '; generated DAGs in Airflow' : '; no DAG runs in Airflow',
      docker ? '; both images, built and run' : '; no image is built',
    ].join(''),
  );
  await build();
  return {
    // Before the suites: two would build side by side.
    DRAY_TEST_BUILT: 'yes',
    ...(python.version && {
      DRAY_TEST_PYTHON: prepareVenv(python.version),
      DRAY_TEST_MOTO: prepareVenv(python.version, MOTO),
      DRAY_TEST_DATABRICKS: prepareVenv(python.version, DATABRICKS),
      DRAY_TEST_DAGSTER: prepareVenv(python.version, DAGSTER),
    }),
    ...(psql && { DRAY_TEST_PSQL: psql }),
    ...(docker && { DRAY_TEST_IMAGES: JSON.stringify(prepareImages()) }),
    ...airflows,
    DRAY_TEST_SPARK: JSON.stringify(sparks),
  };
}

/** Lets the suites share Sparks, each of which starts when the first suite asks for it. */
async function shareSparks(found) {
  process.env.DRAY_TEST_SPARK = found.DRAY_TEST_SPARK;
  const { shareSparks: share } = await import('../test/spark/shared.ts');
  return await share();
}

/** The skipped tests by reason: `(skipped: …)` in their own title or in one around it. */
function skippedByReason(report) {
  const reasons = new Map();
  for (const { assertionResults } of report.testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const reason = /\(skipped: (.+?)\)/.exec(fullName)?.[1] ?? 'no reason given';
      reasons.set(reason, [...(reasons.get(reason) ?? []), fullName]);
    }
  }
  return reasons;
}

let found;
try {
  found = await prepare();
} catch (error) {
  say(`could not prepare the tests: ${error.message}`);
  finish({ passed: 0, failed: 1, skipped: 0 }, 1);
}

mkdirSync(join(ROOT, '.dray'), { recursive: true });
const sparks = fast ? undefined : await shareSparks(found);
const code = await runPinned(
  [
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--maxWorkers=2',
    ...(fast ? ['--selectProjects', 'fast'] : []),
    ...['--json', `--outputFile=${results}`],
    ...jestArgs,
  ],
  {
    env: {
      ...process.env,
      ...found,
      ...(sparks && { DRAY_TEST_SHARED_SPARKS: sparks.url }),
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    },
  },
);
await sparks?.[Symbol.asyncDispose]();
if (!existsSync(results)) {
  say(`jest ended with ${code} and left no results`);
  finish({ passed: 0, failed: 1, skipped: 0 }, code || 1);
}
const report = JSON.parse(readFileSync(results, 'utf8'));
rmSync(results);

const reasons = byName ? new Map() : skippedByReason(report);
for (const [reason, names] of reasons) {
  say(`skipped: ${reason}`);
  for (const name of names) say(`  ${name}`);
}
const unexplained = reasons.has('no reason given');
if (unexplained) say('a skipped test says why, in its title: "… (skipped: no Docker engine)"');
finish(
  {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  },
  code || (unexplained ? 1 : 0),
);
