import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

it('names every npm dependency by its exact version', () => {
  const { dependencies, devDependencies, overrides } = JSON.parse(read('package.json')) as Manifest;
  const loose = Object.entries({ ...dependencies, ...devDependencies, ...overrides }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});

const LISTS = ['', 'moto-', 'tools-', 'airflow-2.11.2-', 'airflow-3.3.2-'];

it('names every Python dependency by its exact version', () => {
  const loose = LISTS.flatMap((name) => read(`test/python/${name}requirements.txt`).split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .filter((line) => !/^[\w.-]+==\d+(\.\d+)*(\.post\d+|b\d+)?$/.test(line));
  expect(loose).toEqual([]);
});

it('locks packages of the public npm registry only', () => {
  const hosts = new Set(
    [...read('package-lock.json').matchAll(/"resolved": "(\w+:\/\/[^/]+)/g)].map(
      ([, host]) => host,
    ),
  );
  expect([...hosts]).toEqual(['https://registry.npmjs.org']);
});

// npm leaves a platform's package out of the lock file when the registry does not have it yet;
// npm ci then fails, or that platform lacks its binary. The cure is an older release.
it('locks the optional packages of every platform', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const locked = new Set(
    Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')),
  );
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
    .filter((name) => !locked.has(name));
  expect(missing).toEqual([]);
});

it('decides for each package with an install script whether it may run', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const { allowScripts } = JSON.parse(read('package.json')) as {
    allowScripts: Record<string, boolean>;
  };
  const withScript = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(Object.keys(allowScripts).sort()).toEqual([...new Set(withScript)].sort());
});

it('builds images with the DuckDB and the Spark that the tests run', () => {
  const { dependencies } = JSON.parse(read('package.json')) as Manifest;
  const defaultOf = (image: string, name: string) =>
    new RegExp(`^ARG ${name}=(.+)$`, 'm').exec(read(`docker/${image}.Dockerfile`))?.[1];
  const duckdb = defaultOf('job', 'DUCKDB_VERSION');
  expect(dependencies['@duckdb/node-api']).toMatch(new RegExp(`^${String(duckdb)}-`));
  const jars = JSON.parse(read('entry/launcher/dray_launcher/spark_jars.json')) as Record<
    string,
    { readonly spark: string }
  >;
  const [newest] = Object.values(jars);
  expect(defaultOf('spark', 'SPARK_VERSION')).toBe(newest?.spark);
});
