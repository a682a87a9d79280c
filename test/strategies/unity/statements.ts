import { promotionsContract } from '../../../jobs/load-promos/contract.ts';
import { unityAfterLoad } from '../../../strategies/unity/config.ts';
import { statementsFor } from '../../../strategies/unity/statements.ts';
import { parseUnityName } from '../../../strategies/unity/table-name.ts';
import type { TableState } from '../../../strategies/unity/table-state.ts';

/** Texts that end a literal, or a name, for whoever does not quote them by their type. */
export const NASTY = 'it\'s \\ "quoted", `ticked`; ${not} a -- comment\nof two lines';

/** A table in which everything is still to be done. */
const BARE: TableState = {
  ...{ format: 'delta', location: 's3://lake/promotions', comment: '', features: [] },
  ...{ uncommented: new Set(['week']), tags: new Map(), grants: new Set(), loadsSinceOptimize: 7 },
};

/** Every kind of statement there is, with values that need care. */
export function allStatements(name: string, location: string): readonly string[] {
  const wanted = unityAfterLoad.parse({
    comment: NASTY,
    tags: { 'Cost Center': 'retail', [NASTY]: NASTY },
    grants: [
      { principal: 'data`s readers', privileges: ['SELECT', 'APPLY TAG'] },
      { principal: 'owner@example.com', privileges: ['ALL PRIVILEGES'] },
    ],
    optimizeEvery: 7,
  });
  const table = parseUnityName(name);
  const [create] = statementsFor(table, location, wanted, promotionsContract, undefined);
  const others = statementsFor(table, location, wanted, promotionsContract, { ...BARE, location });
  return [...(create === undefined ? [] : [create]), ...others].map(({ sql }) => sql);
}
