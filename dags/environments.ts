import type { DagDefinition } from './model.ts';

/** The same DAGs for each environment of a team. */
export interface EnvironmentDags {
  readonly kind: 'dray.dags/1';
  readonly environments: readonly string[];
  /** @throws RangeError for one that is not there. */
  dags(environment: string): readonly DagDefinition[];
}

/**
 * DAGs that differ by environment in values only.
 *
 * @param environments - what differs, by name: `{ dev: {...}, prod: {...} }`; the last is the default.
 */
export function forEnvironments<Values>(
  environments: Readonly<Record<string, Values>>,
  define: (values: Values, name: string) => DagDefinition | readonly DagDefinition[],
): EnvironmentDags {
  return {
    kind: 'dray.dags/1',
    environments: Object.keys(environments),
    dags(name) {
      const values = environments[name];
      if (values === undefined) throw new RangeError(`there is no environment "${name}"`);
      return [define(values, name)].flat();
    },
  };
}
