import { expect, it } from '@jest/globals';
import type { World } from '../world.ts';
import { compareRandomPlans } from './property.ts';

const { DRAY_SOAK_PLANS: soak, DRAY_SOAK_SEED: seed } = process.env;
/** `npm test` runs the same plans every time, to judge a change and not luck; a soak's are new. */
const FIXED_SEED = 1_525_917_253;
/** How many in `npm test`; a soak runs 2,000, on every Spark that is here and not the newest alone. */
const PLANS = Number(soak ?? 100);

export function itRunsRandomPlansTheSame(world: () => World): void {
  it(
    `runs ${String(PLANS)} random plans to the same rows`,
    async () => {
      const [row, bulk, newest] = world().engines;
      const engines =
        soak === undefined && newest ? ([row, bulk, newest] as const) : world().engines;
      const found = await compareRandomPlans(
        { ...world(), engines },
        {
          plans: PLANS,
          ...seedOf(),
        },
      );
      process.stdout.write(
        `parity: ${String(PLANS)} random plans, ${String(found.rows)} rows, ${engines.map(({ name }) => name).join(', ')}, ${String(found.failing)} ended alike with VALUE_INVALID (seed ${String(found.seed)}): all equal\n`,
      );
      expect(found.rows).toBeGreaterThan(PLANS);
    },
    PLANS * 20_000,
  );
}

function seedOf(): { readonly seed?: number } {
  if (seed !== undefined) return { seed: Number(seed) };
  return soak === undefined ? { seed: FIXED_SEED } : {};
}
