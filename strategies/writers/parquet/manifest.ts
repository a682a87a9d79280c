import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { covers, type LoadEntry } from '../../../core/ledger.ts';
import type { Storage } from '../../../core/storage.ts';
import { loadEntrySchema } from '../load-entry.ts';
import { CURRENT_MANIFEST, MANIFESTS } from './layout.ts';

const SCHEMA = 'dray.manifest/1';
const DIGITS = 8;
/** The previous manifest's files are kept; the few before it only help people to look back. */
const KEPT_MANIFESTS = 10;
const READ_TRIES = 5;

const manifestFile = z.object({
  partition: z.string(),
  /** Where readers of the folder find it. */
  path: z.string(),
  /** The same content under a name that is never given to another content. */
  data: z.string(),
  rows: z.int().min(0),
  bytes: z.int().min(0),
  loadId: z.string(),
  claim: z.int(),
});
export type ManifestFile = Readonly<z.output<typeof manifestFile>>;

const manifestSchema = z.looseObject({
  schema: z.literal(SCHEMA),
  generation: z.int().positive(),
  loads: z.array(loadEntrySchema),
  files: z.array(manifestFile),
});

/** The whole content of a target: its ledger, oldest load first, and its files. */
export interface Manifest {
  readonly generation: number;
  readonly loads: readonly LoadEntry[];
  readonly files: readonly ManifestFile[];
}

const EMPTY: Manifest = { generation: 0, loads: [], files: [] };

export function manifestKey(generation: number): string {
  return `${MANIFESTS}/${String(generation).padStart(DIGITS, '0')}.json`;
}

/** The manifest after a load: the partitions that the load decides have its files and no others. */
export function nextManifest(
  base: Manifest,
  entry: LoadEntry,
  files: readonly ManifestFile[],
): Manifest {
  const written = new Set(files.map((file) => file.partition));
  const kept = base.files.filter(
    (file) => !written.has(file.partition) && !replaces(entry, file.partition),
  );
  return {
    generation: base.generation + 1,
    loads: [...base.loads, entry],
    files: [...kept, ...files],
  };
}

/** True when the load leaves nothing of what was in the partition before. */
export function replaces(entry: Pick<LoadEntry, 'mode' | 'covers'>, partition: string): boolean {
  return entry.mode === 'overwrite' || (entry.mode !== 'append' && covers(entry, partition));
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify({ schema: SCHEMA, ...manifest }, undefined, 1)}\n`;
}

/** The newest manifests, newest first; one that is empty when nothing was ever committed. */
export async function newestManifests(
  storage: Storage,
  count: number,
  signal: AbortSignal,
): Promise<readonly [Manifest, ...Manifest[]]> {
  for (let tries = 1; ; tries++) {
    const keys = (await storage.list(MANIFESTS, signal)).map(({ key }) => key).reverse();
    const found = await Promise.all(
      keys.slice(0, count).map((key) => readManifest(storage, key, signal)),
    );
    const [newest, ...older] = found.filter((manifest) => manifest !== undefined);
    if (newest !== undefined) return [newest, ...older];
    // All of them were pruned while we read: there are newer ones.
    if (keys.length === 0 || tries === READ_TRIES) return [EMPTY];
  }
}

/**
 * Makes the next manifest one with the content of the newest, unless another holder is faster: either
 * way nobody who looked before this can create it any more.
 */
export async function takeNextManifest(storage: Storage, signal: AbortSignal): Promise<void> {
  const [newest] = await newestManifests(storage, 1, signal);
  const generation = newest.generation + 1;
  await storage.create(manifestKey(generation), manifestText({ ...newest, generation }), signal);
}

export async function currentManifest(
  storage: Storage,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  return await readManifest(storage, CURRENT_MANIFEST, signal);
}

/**
 * Lets the well-known name show the newest manifest. Holders of other windows commit at the same
 * time, and the slower one may put the older manifest last: so it looks again until all is well.
 *
 * @param staged - a name in the staging folder of the caller's claim.
 */
export async function showNewest(
  storage: Storage,
  staged: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const [newest] = await newestManifests(storage, 1, signal);
    const shown = await currentManifest(storage, signal);
    if ((shown?.generation ?? 0) === newest.generation) return;
    await storage.write(staged, manifestText(newest), signal);
    const result = await storage.publish(staged, CURRENT_MANIFEST, { ifAbsent: false }, signal);
    // Whoever superseded this claim shows the newest manifest before anything else.
    if (result === 'missing') return;
  }
}

export async function pruneManifests(storage: Storage, signal: AbortSignal): Promise<void> {
  const entries = await storage.list(MANIFESTS, signal);
  for (const entry of entries.slice(0, -KEPT_MANIFESTS)) await storage.remove(entry.key, signal);
}

async function readManifest(
  storage: Storage,
  key: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const bytes = await storage.read(key, signal);
  if (bytes === undefined) return undefined;
  try {
    const { generation, loads, files } = manifestSchema.parse(
      JSON.parse(new TextDecoder().decode(bytes)),
    );
    return { generation, loads, files };
  } catch (error) {
    throw new JobError('TARGET_FAILED', `not a manifest of dray: "${key}" in "${storage.root}"`, {
      hint: `this version reads "${SCHEMA}"; a newer one may have written it, or somebody changed it`,
      cause: error,
    });
  }
}
