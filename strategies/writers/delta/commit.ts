import type { Claim } from '../../../core/claims.ts';
import { JobError } from '../../../core/errors.ts';
import { coversOverlap, type LoadEntry } from '../../../core/ledger.ts';
import { type Backoff, retry } from '../../../core/retry.ts';
import type { PublishResult, Storage } from '../../../core/storage.ts';
import { stageFolder } from '../claim-file.ts';
import { type AddFile, printCommit } from './actions.ts';
import { committedLoads, writeEntry } from './ledger-files.ts';
import { catchUp } from './log.ts';
import type { Merge } from './merge.ts';
import { commitKey, OWN } from './paths.ts';
import { planCommit } from './plan-commit.ts';
import { apply, committedClaim, type Snapshot } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/**
 * How long other writers may win. Whoever loses has lost to a commit, so the table moves on, and it is a matter of luck who is next.
 * Waits stay short for all: a writer that waits longer the more often it has lost meets ever more that
 * have just come. Twenty writers at once were seen to use up twenty tries within their first hundred
 * commits.
 */
export const BACKOFF: Backoff = { tries: 1_000, firstMs: 10, maxMs: 100 };
/** Where a try takes a handful of requests: who comes back sooner mostly meets the same crowd. */
const BACKOFF_BY_REQUESTS: Backoff = { ...BACKOFF, firstMs: 50, maxMs: 1_000 };

export interface Load {
  readonly entry: LoadEntry;
  readonly adds: readonly AddFile[];
  /** What they are partitioned by. */
  readonly partitionBy: readonly string[];
  readonly claim: Claim;
  /** Of mode `merge`. */
  readonly merge?: Merge;
}

/**
 * Writes the ledger's detail and commits the load as the next version, whichever that comes to be.
 * The snapshot is at that version afterwards. A merge is worked out for the very version that its
 * commit follows: when another writer takes the next version, it looks at what that one brought.
 *
 * @returns the entry as it was written.
 * @throws JobError `LEASE_LOST` when a higher claim took over; `TARGET_CONFLICT` when other writers
 *   won every try, or a later claim decided the same partitions.
 */
export async function commitLoad(
  target: DeltaTarget,
  snapshot: Snapshot,
  load: Load,
  signal: AbortSignal,
): Promise<LoadEntry> {
  const { context, chance } = target;
  if (load.merge === undefined) await writeEntry(target, load.entry, signal);
  const tableId = chance.uuid();
  const passed = new Set<number>();
  return await retry(
    () => tryCommit(target, snapshot, load, passed, tableId, signal),
    (error) => error instanceof VersionTaken,
    target.storage.revokesAtOnce ? BACKOFF : BACKOFF_BY_REQUESTS,
    context.clock,
    () => chance.random(),
    signal,
  );
}

/** Somebody else committed the version of this try. */
export class VersionTaken extends JobError {
  constructor(version: number, root: string) {
    super(
      'TARGET_CONFLICT',
      `other writers took every version of ${root}, last ${String(version)}`,
      {
        hint: 'retry later, or let fewer writers commit at once',
      },
    );
  }
}

async function tryCommit(
  target: DeltaTarget,
  snapshot: Snapshot,
  { entry: given, adds, partitionBy, claim, merge }: Load,
  /** Claims whose loads an earlier try has looked at. */
  passed: Set<number>,
  tableId: string,
  signal: AbortSignal,
): Promise<LoadEntry> {
  const { storage, request, context, properties } = target;
  await catchUp(snapshot, storage, signal);
  // An earlier try went through, and only its answer was lost.
  if (committedClaim(snapshot, given.loadId) === claim.number) {
    const isOwn = (number: number) => number === claim.number;
    const [load] = await committedLoads(storage, snapshot, isOwn, signal);
    return load ?? given;
  }
  const isNew = (number: number) => number > claim.number && !passed.has(number);
  const later = await committedLoads(storage, snapshot, isNew, signal);
  refuseOutOfOrder(given, later);
  for (const load of later) passed.add(load.claim);
  const rewrite = await merge?.rewriteOf(snapshot, given.partitions, signal);
  const entry = rewrite === undefined ? given : { ...given, merged: rewrite.merged };
  if (rewrite !== undefined) await writeEntry(target, entry, signal);
  const version = snapshot.version + 1;
  const actions = planCommit(snapshot, {
    entry,
    contract: request.contract,
    properties,
    adds,
    partitionBy,
    ...(rewrite === undefined ? {} : { rewrite }),
    nowMs: context.clock.now().getTime(),
    tableId,
  });
  const staged = `${stageFolder(OWN, claim.number)}/${String(version)}.json`;
  const content = printCommit(actions);
  if (storage.revokesAtOnce) await storage.write(staged, content, signal);
  // In this order: whoever takes over first claims and then revokes what is staged, or takes the next
  // version where that is not enough. A claim made before this check is seen by it; after one made
  // after it, the file just staged is gone, or the version taken (docs/adr/0017).
  await claim.assertHeld(signal);
  await context.failpoints.reach('delta:commit:before');
  const result = storage.revokesAtOnce
    ? await storage.publish(staged, commitKey(version), { ifAbsent: true }, signal)
    : await createCommit(storage, version, content, signal);
  switch (result) {
    case 'published':
      await context.failpoints.reach('delta:commit:after');
      apply(snapshot, version, actions);
      return entry;
    case 'exists':
      throw new VersionTaken(version, storage.root);
    case 'missing':
      throw new JobError(
        'LEASE_LOST',
        `run "${entry.runId}" attempt ${String(entry.attempt)} lost ${storage.root} while committing`,
        { hint: 'nothing of this attempt was committed there; follow the newer attempt instead' },
      );
  }
}

/** What is sent is all there is: nothing staged would keep it back. */
async function createCommit(
  storage: Storage,
  version: number,
  content: string,
  signal: AbortSignal,
): Promise<PublishResult> {
  return (await storage.create(commitKey(version), content, signal)) ? 'published' : 'exists';
}

/**
 * Windows without a day in common may select the same partition (two days of one week), and their
 * claims do not exclude each other. The later claim has to be the later commit then, since the
 * ledger's order says whose rows are there.
 */
export function refuseOutOfOrder(entry: LoadEntry, committedLater: readonly LoadEntry[]): void {
  const later = committedLater.find(
    (other) => coversOverlap(other, entry) && (other.mode !== 'append' || entry.mode !== 'append'),
  );
  if (later === undefined) return;
  throw new JobError(
    'TARGET_CONFLICT',
    `run "${later.runId}" claimed later and has committed the same partitions first`,
    { hint: 'retry: the next attempt loads over it' },
  );
}
