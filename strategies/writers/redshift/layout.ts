import { identifier } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { OutputContract } from '../../../core/schema.ts';

/** How a table that we make is spread over the nodes and sorted. */
export interface Layout {
  /** What follows the columns in CREATE TABLE. */
  readonly clauses: string;
}

const STYLES = ['auto', 'even', 'all'];
const OPTIONS = ['dist_key', 'sort_key'];

/**
 * Reads the writer's options: `dist_key` is a column, or `auto`, `even`, `all`; `sort_key` one column
 * or several with commas between, or `auto`. By default rows are sorted by the first date of their
 * validity, by which windows select.
 *
 * @throws JobError `NOT_SUPPORTED` for another option; `CONFIG_INVALID` for another column.
 */
export function layoutOf(
  options: Readonly<Record<string, string>>,
  contract: OutputContract,
): Layout {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new JobError('NOT_SUPPORTED', `the Redshift writer has no option "${unknown}"`, {
      hint: `leave it out; supported are: ${OPTIONS.join(', ')}`,
    });
  }
  const { dist_key: dist = 'auto', sort_key: sort = contract.validity.from } = options;
  const distribution = STYLES.includes(dist)
    ? `diststyle ${dist}`
    : `distkey (${columns('dist_key', [dist], contract)})`;
  const order =
    sort === 'auto'
      ? 'sortkey auto'
      : `sortkey (${columns('sort_key', sort.split(','), contract)})`;
  return { clauses: `${distribution} ${order}` };
}

function columns(option: string, names: readonly string[], contract: OutputContract): string {
  return names
    .map((text) => {
      const name = text.trim();
      if (contract.columns.some((column) => column.name === name)) return identifier(name);
      const known = contract.columns.map((column) => column.name).join(', ');
      throw new JobError('CONFIG_INVALID', `option "${option}": there is no column "${name}"`, {
        hint: `columns are: ${known}`,
      });
    })
    .join(', ');
}
