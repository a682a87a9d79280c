import { JobError } from '../../core/errors.ts';
import type { OutputContract } from '../../core/schema.ts';
import type { AfterLoad, StrategyContext } from '../../core/strategy.ts';
import type { UnityAfterLoad, WarehouseConfig } from './config.ts';
import { statementsFor } from './statements.ts';
import { displayName, type UnityTableName } from './table-name.ts';
import { describeDetail, readTableState } from './table-state.ts';
import { openWarehouse } from './warehouse.ts';

/** A table of Unity Catalog, and the warehouse that tells of it. */
export interface UnityTable {
  readonly name: UnityTableName;
  readonly warehouse: WarehouseConfig;
}

/**
 * Where a named table is stored.
 *
 * @param refuse - the first feature that loads by path cannot write, if there is one.
 * @throws JobError `TARGET_FAILED` when there is no such table, `NOT_SUPPORTED` when it cannot be
 *   loaded by its path; whatever the warehouse says.
 */
export async function locateTable(
  { name, warehouse: config }: UnityTable,
  refuse: (features: readonly string[]) => string | undefined,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<string> {
  await using warehouse = await openWarehouse(config, context, signal);
  const detail = await describeDetail(warehouse, name, signal);
  const shown = displayName(name);
  if (detail === undefined) {
    throw new JobError('TARGET_FAILED', `there is no table ${shown}`, {
      hint: 'give "path" too: the load makes the table there, and registers it',
    });
  }
  if (detail.format !== 'delta') {
    throw new JobError('NOT_SUPPORTED', `${shown} is a table of ${detail.format}, not of Delta`, {
      hint: 'choose another table',
    });
  }
  const feature = refuse(detail.features);
  if (feature !== undefined) {
    throw new JobError(
      'NOT_SUPPORTED',
      `${shown} needs the feature "${feature}", which dray does not write`,
      {
        hint: 'managed tables often have it: load into an external table, or switch the feature off',
      },
    );
  }
  return detail.location;
}

/** Registers a table where it is loaded to, and makes it what config says. */
export function afterUnityLoad(
  table: UnityTable,
  location: string,
  wanted: UnityAfterLoad,
  contract: OutputContract,
  context: StrategyContext,
): AfterLoad {
  const { name, warehouse: config } = table;
  return {
    place: `Unity Catalog, ${displayName(name)}`,
    async open(signal) {
      await using opened = new AsyncDisposableStack();
      const warehouse = opened.use(await openWarehouse(config, context, signal));
      const state = await readTableState(warehouse, name, wanted, signal);
      const steps = statementsFor(name, location, wanted, contract, state).map(
        ({ sql, isFirst }) => ({
          text: sql,
          ...(isFirst === undefined ? {} : { isFirst }),
          async run(stop: AbortSignal) {
            await warehouse.query(sql, {}, stop);
          },
        }),
      );
      const kept = opened.move();
      return { steps, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    },
  };
}
