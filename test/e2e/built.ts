import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './world.ts';

/**
 * Builds dist/ unless `npm test` has, before it began: two suites side by side would write it while the
 * other one's processes read it.
 */
export async function buildDist(): Promise<void> {
  if (process.env['DRAY_TEST_BUILT'] !== undefined) return;
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
}
