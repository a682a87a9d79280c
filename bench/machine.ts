import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { BenchContext } from './context.ts';
import { freshDatabase } from './database.ts';
import type { Results } from './results.ts';
import { psqlVersion } from './yardstick.ts';

const manifest = z.object({ version: z.string() });

/** What the figures were taken on. */
export async function describeMachine(
  { root, session, server, pythons }: BenchContext,
  signal: AbortSignal,
): Promise<NonNullable<Results['machine']>> {
  const { version } = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const processors = cpus();
  const [engine] = await session.rows('select version() as version', signal);
  await using database = await freshDatabase(server, 'bench_version', false);
  const shown = await database.client.query<{ server_version: string }>('show server_version');
  return [
    ['processor', `${processors[0]?.model.trim() ?? 'unknown'}, ${processors.length} cores`],
    ['memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ['system', `${type()} ${release()} ${process.arch}`],
    ['dray', version],
    ['Node', process.version],
    ['DuckDB', String(engine?.['version'])],
    ['PostgreSQL', `${shown.rows[0]?.server_version ?? 'unknown'}, default settings`],
    ['psql', (await psqlVersion()) ?? 'none'],
    ['Spark', pythons.spark?.version ?? 'none'],
    ['Java', (await javaVersion()) ?? 'none'],
  ];
}

/** First line of `java -version`, which goes to stderr; undefined when there is none. */
async function javaVersion(): Promise<string | undefined> {
  const home = process.env['JAVA_HOME'];
  try {
    const { stderr } = await promisify(execFile)(home ? join(home, 'bin/java') : 'java', [
      '-version',
    ]);
    return stderr.split('\n')[0]?.trim();
  } catch {
    return undefined;
  }
}
