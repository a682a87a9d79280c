import { JobError } from '../../core/errors.ts';
import type { OutputContract } from '../../core/schema.ts';
import { sparkName, sparkText } from '../../plan/spark/names.ts';
import type { UnityAfterLoad } from './config.ts';
import { catalogLocation, sameLocation } from '../catalog-location.ts';
import { displayName, qualified, type UnityTableName } from './table-name.ts';
import { grantKey, type TableState } from './table-state.ts';

export interface Statement {
  readonly sql: string;
  /** When it fails, the others cannot work either. */
  readonly isFirst?: boolean;
}

/**
 * The statements that make a table what config says it is; each can be run again, and none is there
 * for what is so already.
 *
 * @param state - undefined: there is no such table.
 * @throws JobError `TARGET_FAILED` when the name stands for something else than the location.
 */
export function statementsFor(
  name: UnityTableName,
  location: string,
  wanted: UnityAfterLoad,
  contract: OutputContract,
  state: TableState | undefined,
): readonly Statement[] {
  if (state !== undefined) assertSame(name, location, state);
  const table = qualified(name);
  return [
    ...(state === undefined
      ? [
          {
            sql: `CREATE TABLE IF NOT EXISTS ${table} USING DELTA LOCATION ${sparkText(catalogLocation(location))}`,
            isFirst: true,
          },
        ]
      : []),
    ...commentStatements(table, wanted, contract, state),
    ...tagStatement(table, wanted, state),
    ...wanted.grants.flatMap(({ principal, privileges }) =>
      privileges
        .filter((privilege) => !hasGrant(state, principal, privilege))
        .map((privilege) => ({
          sql: `GRANT ${privilege} ON TABLE ${table} TO ${sparkName(principal)}`,
        })),
    ),
    // The load that was just committed is the first of a new table.
    ...((state?.loadsSinceOptimize ?? 1) >= (wanted.optimizeEvery ?? Number.POSITIVE_INFINITY)
      ? [{ sql: `OPTIMIZE ${table}` }]
      : []),
  ];
}

/** Config's comment is the table's; the contract's only where there is none, so people may write better. */
function commentStatements(
  table: string,
  { comment }: UnityAfterLoad,
  contract: OutputContract,
  state: TableState | undefined,
): readonly Statement[] {
  const has = state?.comment ?? '';
  const wanted = comment ?? (has === '' ? contract.comment : undefined);
  return [
    ...(wanted === undefined || wanted === has
      ? []
      : [{ sql: `COMMENT ON TABLE ${table} IS ${sparkText(wanted)}` }]),
    // A new table has the comments of its Delta log, as every table that dray made has them.
    ...contract.columns
      .filter(({ name }) => state?.uncommented.has(name) === true)
      .flatMap((column) =>
        column.comment === undefined
          ? []
          : [
              {
                sql: `ALTER TABLE ${table} ALTER COLUMN ${sparkName(column.name)} COMMENT ${sparkText(column.comment)}`,
              },
            ],
      ),
  ];
}

function tagStatement(
  table: string,
  { tags }: UnityAfterLoad,
  state: TableState | undefined,
): readonly Statement[] {
  const differing = Object.entries(tags).filter(([key, value]) => state?.tags.get(key) !== value);
  if (differing.length === 0) return [];
  const list = differing.map((tag) => tag.map(sparkText).join(' = ')).join(', ');
  return [{ sql: `ALTER TABLE ${table} SET TAGS (${list})` }];
}

function hasGrant(state: TableState | undefined, principal: string, privilege: string): boolean {
  return [privilege, 'ALL PRIVILEGES'].some(
    (each) => state?.grants.has(grantKey(principal, each)) === true,
  );
}

function assertSame(name: UnityTableName, location: string, state: TableState): void {
  if (state.format !== 'delta') {
    throw new JobError('TARGET_FAILED', `${displayName(name)} is a table of ${state.format}`, {
      hint: 'choose another "table", or drop that one',
    });
  }
  if (sameLocation(state.location, location)) return;
  throw new JobError(
    'TARGET_FAILED',
    `${displayName(name)} is at "${state.location}", the load went to "${location}"`,
    { hint: 'choose another "table", drop that one, or load into its "path"' },
  );
}
