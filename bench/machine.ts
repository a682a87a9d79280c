import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** What the figures were taken on. */
export interface Machine {
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export function describeMachine(
  root: string,
  versions: { readonly duckdb: string; readonly postgres: string; readonly psql: string },
  loadBefore: number,
): Machine {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { version } = manifest as { readonly version: string };
  const processors = cpus();
  return {
    facts: [
      ['date', new Date().toISOString().slice(0, 10)],
      ['processor', `${processors[0]?.model.trim() ?? 'unknown'}, ${processors.length} cores`],
      // More than a fraction of the cores: others were at work, and the figures are too high.
      ['load average at the start', loadBefore.toFixed(1)],
      ['memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
      ['system', `${type()} ${release()} ${process.arch}`],
      ['dray', version],
      ['Node', process.version],
      ['DuckDB', versions.duckdb],
      ['PostgreSQL', `${versions.postgres}, default settings`],
      ['psql', versions.psql],
    ],
  };
}
