import { join } from 'node:path';
import { ensureInstalled, ROOT, runPinned } from './bootstrap.mjs';

ensureInstalled();
process.exitCode = await runPinned([join(ROOT, 'entry/dray.ts'), ...process.argv.slice(2)]);
