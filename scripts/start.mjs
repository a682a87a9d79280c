import { join } from 'node:path';
import { ensureInstalled, ROOT, runPinned } from './bootstrap.mjs';
import { buildWhenStale } from './build.mjs';

ensureInstalled();
await buildWhenStale();
process.exitCode = await runPinned([join(ROOT, 'entry/start/start.ts'), ...process.argv.slice(2)]);
