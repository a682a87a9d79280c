import { acquireClaim, type Claim, type ClaimStore } from '../../core/claims.ts';
import type { Clock } from '../../core/clock.ts';
import { type ClaimOptions, claimWindow, type LoadRequest } from '../../core/strategy.ts';

/**
 * Claims a target for a load, and then tidies up under the claim.
 *
 * @param tidy - removes what dead claims left; when it fails the claim is released.
 */
export async function claimTarget(
  store: ClaimStore,
  target: string,
  request: LoadRequest,
  options: ClaimOptions,
  clock: Clock,
  tidy: (claim: Claim) => Promise<void>,
  signal: AbortSignal,
): Promise<Claim> {
  const { runId, attempt } = request;
  const window = claimWindow(request);
  const wanted = { target, runId, attempt, random: Math.random, ...options };
  const claim = await acquireClaim(
    store,
    window === undefined ? wanted : { ...wanted, window },
    clock,
    signal,
  );
  try {
    await tidy(claim);
  } catch (error) {
    await claim[Symbol.asyncDispose]();
    throw error;
  }
  return claim;
}
