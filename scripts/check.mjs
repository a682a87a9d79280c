// npm run check: the gate. One line per step; the full output of a step that fails.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { continueOnPinnedNode, PINNED_NODE, ROOT } from './bootstrap.mjs';

await continueOnPinnedNode(import.meta.url);

const TOGETHER = 2;

function bin(path) {
  return join(ROOT, 'node_modules', path);
}

/** Every scripts/generate-*.ts or .mjs compares instead of writing when given --check. */
const generators = readdirSync(join(ROOT, 'scripts'))
  .filter((name) => /^generate-.+\.(ts|mjs)$/.test(name))
  .map((name) => [name.replace(/\.\w+$/, ''), [join(ROOT, 'scripts', name), '--check']]);

/** Longest first, so that the two lanes end together. */
const STEPS = [
  [
    'eslint',
    [
      bin('eslint/bin/eslint.js'),
      ...['--max-warnings=0', '--cache', '--cache-strategy=content'],
      ...['--cache-location=node_modules/.cache/eslint/', '.'],
    ],
  ],
  ['tests', [join(ROOT, 'scripts/test.mjs'), '--fast']],
  ['types', [bin('typescript/bin/tsc')]],
  ['format', [bin('prettier/bin/prettier.cjs'), '--check', '--cache', '.']],
  ['dead code', [bin('knip/bin/knip.js'), '--no-progress', '--treat-config-hints-as-errors']],
  ['build', [join(ROOT, 'scripts/build.mjs')]],
  ...generators,
];

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(PINNED_NODE, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text: Buffer.concat(chunks).toString().trim() }));
  });
}

const failed = [];
const queue = [...STEPS];

async function lane() {
  for (let step = queue.shift(); step; step = queue.shift()) {
    const [name, args] = step;
    const startMs = performance.now();
    const { code, text } = await run(args);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(20)} ${seconds} s\n`);
    if (code === 0) continue;
    failed.push(name);
    process.stdout.write(`${text}\n\n`);
  }
}

const startMs = performance.now();
await Promise.all(Array.from({ length: TOGETHER }, lane));
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(', ')} (${seconds} s)\n`);
  process.exit(1);
}
process.stdout.write(`all ${STEPS.length} steps passed in ${seconds} s\n`);
