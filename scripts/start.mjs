import { join } from 'node:path';
import { ensureInstalled, ROOT, runPinned } from './bootstrap.mjs';
import { build, isStale } from './build.mjs';

ensureInstalled();
if (isStale()) {
  process.stderr.write('building dist\n');
  await build();
}
process.exitCode = await runPinned([join(ROOT, 'entry/start/start.ts'), ...process.argv.slice(2)]);
