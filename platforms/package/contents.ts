import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { ArchiveEntry } from './archive.ts';
import type { Target } from './manifest.ts';

/** The Python package that everything else lies in, on every platform. */
const PACKAGE = 'dray_launcher';

/** Where the bundle looks for what is not in it: beside itself. */
export const BUNDLE_PATH = `${PACKAGE}/generic-entry.mjs`;
/** What the launcher holds the bundle against before it starts it. */
export const PACKED_PATH = `${PACKAGE}/packed.json`;

/** Of a package of npm, what runs. */
const RUNS = /(\.(js|json|node|so)|[\\/]LICENSE)$/;
const DUCKDB = ['@duckdb/node-api', '@duckdb/node-bindings', 'detect-libc'];
/** The names that DuckDB has for platforms, in the paths of extensions. */
const DUCKDB_PLATFORM = { 'linux-x64': 'linux_amd64', 'linux-arm64': 'linux_arm64' } as const;
/** Those that readers and writers load. */
const EXTENSIONS = ['delta', 'httpfs', 'postgres_scanner'] as const;

/** The launcher's files as its folder has them. */
export async function launcherFiles(root: string): Promise<readonly ArchiveEntry[]> {
  const folder = join(root, 'entry', 'launcher');
  const packages = ['generic_entry.py', PACKAGE, 'dray_entry'];
  const found = await Promise.all(packages.map((name) => filesBelow(join(folder, name))));
  return await Promise.all(
    found
      .flat()
      .filter((path) => /\.(py|jar|json)$/.test(path))
      .map((path) => entryFrom(path, relative(folder, path))),
  );
}

export interface NativeFiles {
  readonly entries: readonly ArchiveEntry[];
  /** Extensions that are not there, and will be fetched by the run that needs them. */
  readonly withoutExtensions: readonly string[];
}

/**
 * DuckDB for a target; undefined when npm has not installed it.
 *
 * @param extensionDirs - folders that may hold DuckDB's extensions.
 */
export async function nativeFiles(
  root: string,
  target: Target,
  extensionDirs: readonly string[],
): Promise<NativeFiles | undefined> {
  const modules = join(root, 'node_modules');
  const bindings = `@duckdb/node-bindings-${target}`;
  if (!(await isFile(join(modules, bindings, 'duckdb.node')))) return undefined;
  const paths = (
    await Promise.all([...DUCKDB, bindings].map((name) => filesBelow(join(modules, name))))
  ).flat();
  const parts = await Promise.all(
    paths
      .filter((path) => RUNS.test(path))
      .map((path) => entryFrom(path, join(PACKAGE, 'node_modules', relative(modules, path)))),
  );
  const version = await duckDbVersion(modules);
  const extensions = await Promise.all(
    EXTENSIONS.map(async (name) => {
      const file = join(version, DUCKDB_PLATFORM[target], `${name}.duckdb_extension`);
      const path = await firstFile(extensionDirs.map((directory) => join(directory, file)));
      return path === undefined
        ? undefined
        : await entryFrom(path, join(PACKAGE, 'extensions', file));
    }),
  );
  return {
    entries: [...parts, ...extensions.filter((one) => one !== undefined)],
    withoutExtensions: EXTENSIONS.filter((_, index) => extensions[index] === undefined),
  };
}

/** Node itself for a target, as npm has installed it; undefined when it has not. */
export async function nodeFile(root: string, target: Target): Promise<ArchiveEntry | undefined> {
  const here = target === `${process.platform}-${process.arch}`;
  const path = await firstFile([
    join(root, 'node_modules', `node-${target}`, 'bin', 'node'),
    ...(here ? [join(root, 'node_modules', 'node', 'bin', 'node')] : []),
  ]);
  if (path === undefined) return undefined;
  return { path: `${PACKAGE}/bin/node`, content: await readFile(path), executable: true };
}

/** `v1.5.5` of the package `1.5.5-r.5`. */
async function duckDbVersion(modules: string): Promise<string> {
  const text = await readFile(join(modules, '@duckdb', 'node-bindings', 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return `v${version.replace(/-.*$/, '')}`;
}

async function filesBelow(path: string): Promise<readonly string[]> {
  if (await isFile(path)) return [path];
  const found = await readdir(path, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function entryFrom(path: string, name: string): Promise<ArchiveEntry> {
  return { path: name.split(sep).join('/'), content: await readFile(path) };
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isFile(path)) return path;
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** dray's own folder: the first one above `from` whose package.json says so. */
export async function findRoot(from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
    if ((JSON.parse(text) as { readonly name?: unknown }).name === 'dray') return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
