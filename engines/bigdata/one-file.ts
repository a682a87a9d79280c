import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { JobError } from '../../core/errors.ts';
import type { Relation } from './relations.ts';
import type { BigdataSession } from './session.ts';

/**
 * Writes rows as one Parquet file where Spark would make a folder: the only file of a folder beside
 * `path` is moved there.
 *
 * @param input - in one partition, or with so few rows that Spark makes one of them.
 */
export async function writeOneFile(
  session: Pick<BigdataSession, 'write'>,
  input: Relation | string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), '.writing-'));
  try {
    await session.write(
      input,
      { format: 'parquet', mode: 'append', path: folder, options: { compression: 'zstd' } },
      signal,
    );
    const parts = (await readdir(folder)).filter((name) => /^part-.*\.parquet$/.test(name));
    const [part] = parts;
    if (part === undefined || parts.length > 1) {
      throw new JobError(
        'ENGINE_FAILED',
        `Spark wrote ${String(parts.length)} files to "${folder}" where one was asked for`,
        { hint: 'check that Spark and this process see the same disk there' },
      );
    }
    await rename(join(folder, part), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
