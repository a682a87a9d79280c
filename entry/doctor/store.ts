import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../core/errors.ts';
import { type Finding, note, ok, red, redOf } from '../../core/finding.ts';
import { inspectStore } from '../../state/sqlite/inspect.ts';
import { dataDirOf, type Surroundings } from '../context.ts';

const NAME = 'run store';

/** The run store, or the folder that it will be made in. Makes nothing. */
export async function storeFinding(
  surroundings: Surroundings,
  named: string | undefined,
): Promise<Finding> {
  const path = named ?? join(dataDirOf(surroundings), 'dray.db');
  try {
    const { bytes, schemaVersion, knownVersion, runs } = await inspectStore(path);
    const size = `${(bytes / 1e6).toFixed(1)} MB, ${String(runs)} runs`;
    const says = `${path}: ${size}, schema ${String(schemaVersion)}, can be written`;
    return schemaVersion === knownVersion
      ? ok(NAME, says)
      : note(NAME, `${says}; the next command brings it to schema ${String(knownVersion)}`);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return await absent(path);
    return redOf(NAME, error);
  }
}

async function absent(path: string): Promise<Finding> {
  const folder = await existing(dirname(path));
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return ok(NAME, `none yet: the first run makes ${path}`);
  } catch {
    const fix = 'make it writable, or name another place with DRAY_HOME or --store';
    return red(NAME, `none yet, and ${folder} cannot be written`, fix);
  }
}

/** The folder, or the nearest one above it that is there. */
async function existing(folder: string): Promise<string> {
  for (let each = folder; ; each = dirname(each)) {
    const isThere = await access(each).then(
      () => true,
      () => false,
    );
    if (isThere || each === dirname(each)) return each;
  }
}
