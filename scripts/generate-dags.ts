/** Compiles the example DAGs into dags/generated. With --check it compares. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { compileDags } from '../dags/compiler/compile.ts';
import { differences, writeCompiled } from '../dags/compiler/folder.ts';
import { loadDags } from '../dags/load.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'dags/generated');

const files = globSync('dags/examples/*.dag.ts', { cwd: ROOT }).sort();
const dags = await loadDags(
  files.map((file) => join(ROOT, file)),
  undefined,
);
const compiled = await compileDags(dags, ROOT);
if (process.argv.includes('--check')) {
  const found = await differences(compiled, FOLDER);
  for (const line of found) process.stderr.write(`${line}: run node scripts/generate-dags.ts\n`);
  if (found.length > 0) process.exitCode = 1;
} else {
  await writeCompiled(compiled, FOLDER);
}
