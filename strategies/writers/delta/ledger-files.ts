import { JobError } from '../../../core/errors.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { Storage } from '../../../core/storage.ts';
import { loadEntrySchema } from '../load-entry.ts';
import { OWN } from './paths.ts';
import { committedClaims, type Snapshot } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

const LEDGER = `${OWN}/ledger`;

interface LedgerFile {
  readonly key: string;
  readonly loadId: string;
  readonly claim: number;
}

/** The detail of a load; it means nothing until the log has the load's `txn`. */
function ledgerKey({ loadId, claim }: Pick<LoadEntry, 'loadId' | 'claim'>): string {
  return `${LEDGER}/${encodeURIComponent(loadId)}-${String(claim)}.json`;
}

/** Writes the detail, before the commit that makes it mean something. */
export async function writeEntry(
  { storage, context }: DeltaTarget,
  entry: LoadEntry,
  signal: AbortSignal,
): Promise<void> {
  await context.failpoints.reach('delta:ledger:before');
  await storage.write(ledgerKey(entry), `${JSON.stringify(entry)}\n`, signal);
  await context.failpoints.reach('delta:ledger:after');
}

export async function listLedger(
  storage: Storage,
  signal: AbortSignal,
): Promise<readonly LedgerFile[]> {
  const entries = await storage.list(LEDGER, signal);
  return entries.flatMap(({ key }) => {
    const found = /([^/]+)-(\d+)\.json$/.exec(key);
    if (!found) return [];
    return [{ key, loadId: decodeURIComponent(found[1] ?? ''), claim: Number(found[2]) }];
  });
}

/**
 * Entries of the loads that the snapshot holds, by claim, oldest first. A commit is refused once a higher claim has
 * decided one of its partitions, so the order of claims is that of the commits wherever it matters.
 */
export async function committedLoads(
  storage: Storage,
  snapshot: Snapshot,
  isAsked: (claim: number) => boolean,
  signal: AbortSignal,
): Promise<readonly LoadEntry[]> {
  const wanted = committedClaims(snapshot)
    .filter(({ claim }) => isAsked(claim))
    .sort((a, b) => a.claim - b.claim);
  const entries = await Promise.all(
    wanted.map((load) => readEntry(storage, ledgerKey(load), signal)),
  );
  return entries.flat();
}

async function readEntry(
  storage: Storage,
  key: string,
  signal: AbortSignal,
): Promise<readonly LoadEntry[]> {
  const content = await storage.read(key, signal);
  if (content === undefined) return [];
  try {
    return [loadEntrySchema.parse(JSON.parse(new TextDecoder().decode(content)))];
  } catch (error) {
    throw new JobError('TARGET_FAILED', `not a ledger entry: "${storage.root}/${key}"`, {
      hint: 'move the file away; the load it describes is then no longer known',
      cause: error,
    });
  }
}
