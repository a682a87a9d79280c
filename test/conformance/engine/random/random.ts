import { expect, it } from '@jest/globals';
import type { World } from '../world.ts';
import { compareRandomPlans } from './property.ts';

/** How many in `npm test`; the soak runs 2,000 and prints its seed. */
const PLANS = Number(process.env['DRAY_SOAK_PLANS'] ?? 100);
const seed = process.env['DRAY_SOAK_SEED'];

export function itRunsRandomPlansTheSame(world: () => World): void {
  it(
    `runs ${String(PLANS)} random plans to the same rows on every engine`,
    async () => {
      const found = await compareRandomPlans(world(), {
        plans: PLANS,
        ...(seed === undefined ? {} : { seed: Number(seed) }),
      });
      process.stdout.write(
        `parity: ${String(PLANS)} random plans, ${String(found.rows)} rows, ${String(found.failing)} ended alike with VALUE_INVALID (seed ${String(found.seed)}): all equal\n`,
      );
      expect(found.rows).toBeGreaterThan(PLANS);
    },
    PLANS * 20_000,
  );
}
