import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { JobError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { loadDags } from '../../dags/load.ts';
import type { DagDefinition } from '../../dags/model.ts';

/** What all commands about DAGs take. */
export function dagFlags(yargs: Argv) {
  return yargs
    .option('files', {
      type: 'string',
      array: true,
      describe: 'modules with DAGs (default: all *.dag.ts below this folder)',
    })
    .option('env', { type: 'string', describe: 'environment (default: the last one of a module)' });
}

export interface DagArgs {
  readonly files?: readonly string[] | undefined;
  readonly env?: string | undefined;
}

/** @throws JobError `DAG_INVALID` when there are none. */
export async function dagsOf(
  { files, env }: DagArgs,
  cwd: string,
): Promise<readonly DagDefinition[]> {
  const found =
    files ??
    globSync('**/*.dag.{ts,mjs}', { cwd, exclude: (name) => /^(node_modules|\..+)$/.test(name) });
  if (found.length === 0) {
    throw new JobError('DAG_INVALID', `there is no *.dag.ts below "${join(cwd)}"`, {
      hint: '--files names modules with DAGs; docs/dags.md has an example',
    });
  }
  const paths = found.map((file) => resolve(cwd, file)).sort();
  return await loadDags(paths, env);
}

/** @throws JobError `DAG_INVALID` for one that is not there. */
export function dagNamed(id: string, dags: readonly DagDefinition[]): DagDefinition {
  const found = dags.find((dag) => dag.id === id);
  if (found !== undefined) return found;
  const ids = dags.map((dag) => dag.id);
  const near = nearest(id, ids);
  throw new JobError('DAG_INVALID', `there is no DAG "${id}"`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}DAGs: ${ids.join(', ')}`,
  });
}
