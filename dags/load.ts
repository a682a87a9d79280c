import { pathToFileURL } from 'node:url';
import { JobError, messageOf } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { EnvironmentDags } from './environments.ts';
import type { DagDefinition } from './model.ts';

/**
 * The DAGs that modules export.
 *
 * @param environment - default: the last one of each module that has any.
 * @throws JobError `DAG_INVALID` for a module that throws, or has no DAG or no such environment.
 */
export async function loadDags(
  files: readonly string[],
  environment: string | undefined,
): Promise<readonly DagDefinition[]> {
  const found: DagDefinition[] = [];
  for (const file of files) found.push(...(await dagsIn(file, environment)));
  return found;
}

async function dagsIn(
  file: string,
  environment: string | undefined,
): Promise<readonly DagDefinition[]> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new JobError('DAG_INVALID', `"${file}" cannot be loaded: ${messageOf(error)}`, {
      hint: `node ${file} shows where`,
      cause: error,
    });
  }
  const dags = Object.values(module).flatMap((value) => {
    if (isOf<DagDefinition>(value, 'dray.dag/1')) return [value];
    return isOf<EnvironmentDags>(value, 'dray.dags/1')
      ? inEnvironment(file, value, environment)
      : [];
  });
  if (dags.length > 0) return dags;
  throw new JobError('DAG_INVALID', `"${file}" exports no DAG`, {
    hint: 'export const name = defineDag(...)',
  });
}

function inEnvironment(
  file: string,
  dags: EnvironmentDags,
  environment = dags.environments.at(-1) ?? '',
): readonly DagDefinition[] {
  if (dags.environments.includes(environment)) return dags.dags(environment);
  const near = nearest(environment, dags.environments);
  throw new JobError('DAG_INVALID', `"${file}" has no environment "${environment}"`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}it has: ${dags.environments.join(', ')}`,
  });
}

function isOf<T extends { readonly kind: string }>(value: unknown, kind: T['kind']): value is T {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}
