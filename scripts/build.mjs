// Bundles the two programs into dist/ (platforms/package/bundle.ts).
import { chmodSync, existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { continueOnPinnedNode, NODE_FLAGS, ROOT, runPinned } from './bootstrap.mjs';

const PROGRAMS = ['entry/generic-entry.ts', 'entry/dray.ts'];
const SOURCES = [
  ...['core', 'plan', 'strategies', 'engines', 'platforms', 'state', 'jobs', 'dags', 'control'],
  ...['entry', 'package.json', 'package-lock.json', 'scripts/build.mjs'],
];

const HASHBANG = `#!/usr/bin/env -S node ${NODE_FLAGS.join(' ')}`;

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
function isStale() {
  if (!PROGRAMS.every((program) => existsSync(output(program)))) return true;
  const builtMs = Math.min(...PROGRAMS.map((program) => statSync(output(program)).mtimeMs));
  return SOURCES.some((source) => newestMs(join(ROOT, source)) > builtMs);
}

/** Builds in a process of its own, since this one may be a Node that reads no TypeScript; ends this one if that fails. */
export async function buildWhenStale() {
  if (!isStale()) return;
  process.stderr.write('building dist\n');
  const failed = await runPinned([fileURLToPath(import.meta.url)]);
  if (failed) process.exit(failed);
}

/** Writes dist/; the same sources give the same bytes. */
export async function build() {
  // Late: only the pinned Node can read it.
  const { bundleProgram } = await import('../platforms/package/bundle.ts');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  await Promise.all(
    PROGRAMS.map(async (program) => {
      const own = readFileSync(join(ROOT, program), 'utf8').startsWith('#!');
      const warnings = await bundleProgram({
        ...{ root: ROOT, program, version, outfile: output(program), sourcemap: true },
        ...(own ? {} : { hashbang: HASHBANG }),
      });
      process.stderr.write(warnings.join(''));
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
