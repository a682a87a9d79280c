import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { quote, type SqlSession } from '../../core/engine.ts';
import { JobError, messageOf } from '../../core/errors.ts';

const run = promisify(execFile);

/**
 * Loads one of DuckDB's own signed extensions. Tries, in order: the folders where one may be laid
 * already, the wheel of the same version on PyPI (its one file is the extension), DuckDB's INSTALL.
 * DuckDB checks the signature in every case.
 *
 * @throws JobError `EXTENSION_MISSING` with what each place answered.
 */
export async function loadExtension(
  session: SqlSession,
  name: string,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const [version] = await session.rows('select version() as v', signal);
  const [platform] = await session.rows('pragma platform', signal);
  const below = join(String(version?.['v']), String(platform?.['platform']));
  const file = `${name}.duckdb_extension`;
  const answers: string[] = [];
  for (const directory of directories) {
    const path = join(directory, below, file);
    if (await exists(path)) {
      await session.run(`load ${quote(path)}`, signal);
      return;
    }
    answers.push(`not in ${directory}`);
  }
  const home = directories[0];
  if (home !== undefined) {
    try {
      const path = join(home, below, file);
      await fetchWheel(name, String(version?.['v']).replace(/^v/, ''), path, signal);
      await session.run(`load ${quote(path)}`, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      answers.push(`wheel: ${firstLine(messageOf(error))}`);
    }
  }
  try {
    await session.run(`install ${name}`, signal);
    await session.run(`load ${name}`, signal);
  } catch (error) {
    signal.throwIfAborted();
    answers.push(`INSTALL: ${firstLine(messageOf(error))}`);
    throw new JobError(
      'EXTENSION_MISSING',
      `DuckDB's extension "${name}" cannot be had: ${answers.join('; ')}`,
      {
        hint: `lay ${join(below, file)} into a folder and name it in DRAY_EXTENSIONS`,
        cause: error,
      },
    );
  }
}

async function fetchWheel(
  name: string,
  version: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'dray-wheel-'));
  try {
    const wheel = `duckdb-extension-${name.replaceAll('_', '-')}==${version}`;
    const pip = ['-m', 'pip', 'download', '-q', '--no-deps', '--disable-pip-version-check'];
    await run('python3', [...pip, '-d', work, wheel], { signal });
    const [archive] = await readdir(work);
    if (archive === undefined) throw new Error(`pip downloaded nothing for ${wheel}`);
    await run('python3', ['-m', 'zipfile', '-e', join(work, archive), work], { signal });
    const inside = join(work, `duckdb_extension_${name}`, 'extensions', `v${version}`);
    await mkdir(dirname(path), { recursive: true });
    // By rename, so that a second process never loads half a file.
    const partial = `${path}.${String(process.pid)}.partial`;
    await copyFile(join(inside, `${name}.duckdb_extension`), partial);
    await rename(partial, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function firstLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? text).slice(0, 200);
}
