import { join } from 'node:path';
import { ensureInstalled, NODE_FLAGS, ROOT, runPinned } from './bootstrap.mjs';

ensureInstalled();
process.exitCode = await runPinned([
  ...NODE_FLAGS,
  join(ROOT, 'entry/dray.ts'),
  ...process.argv.slice(2),
]);
