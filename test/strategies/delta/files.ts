import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export function logFileOf(path: string, version: number): string {
  return join(path, `_delta_log/${String(version).padStart(20, '0')}.json`);
}

export async function versions(path: string): Promise<readonly string[]> {
  const names = await readdir(join(path, '_delta_log'));
  return names
    .filter((name) => /^\d{20}\.json$/.test(name))
    .map((name) => String(Number(name.slice(0, 20))));
}

export async function dataFiles(path: string): Promise<readonly string[]> {
  const names = await readdir(path, { recursive: true });
  return names.filter((name) => name.endsWith('.parquet') && !name.startsWith('_'));
}

/** Commits the next version by hand, with another table configuration. */
export async function configure(
  path: string,
  configuration: Record<string, string>,
): Promise<void> {
  const first = await readFile(logFileOf(path, 0), 'utf8');
  const line = first.split('\n').find((each) => each.startsWith('{"metaData"')) ?? '';
  const { metaData } = JSON.parse(line) as { metaData: object };
  const next = (await versions(path)).length;
  await writeFile(
    logFileOf(path, next),
    `${JSON.stringify({ metaData: { ...metaData, configuration } })}\n`,
  );
}
