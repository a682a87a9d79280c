import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClaimRecord } from '../../../core/claims.ts';
import { inLanes } from '../../../core/concurrent.ts';
import type { ResultFile } from '../../../core/engine.ts';
import type { Storage } from '../../../core/storage.ts';
import { isLeftover } from '../postgres/leftovers.ts';

/** Uploads at once; more of them share the same line to S3. */
const LANES = 4;
/** What a look at the target unloaded and did not take away within a day is nobody's any more. */
const UNLOADED_FOR_MS = 86_400_000;
const UNLOADED = 'verify-';

/** Where a target's rows pass through S3, in a folder of the target's own. */
export interface StagedFiles {
  /**
   * Uploads the files of a load and a manifest that lists exactly them.
   *
   * @param onFile - called after each file.
   * @returns the manifest's URL.
   */
  upload(
    claim: number,
    files: readonly ResultFile[],
    onFile: (file: ResultFile) => void,
    signal: AbortSignal,
  ): Promise<string>;
  /** Removes what `upload` brought for a claim. */
  remove(claim: number, signal: AbortSignal): Promise<void>;
  /** What UNLOAD may put its files behind: a URL that ends with a slash. */
  unloadUrl(id: string): string;
  /** Moves what was unloaded into a local folder; returns the paths. */
  takeUnloaded(id: string, directory: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Removes files of claims that can never be committed, and of looks that were broken off. */
  removeLeftovers(
    own: ClaimRecord,
    records: readonly ClaimRecord[],
    signal: AbortSignal,
  ): Promise<void>;
}

/**
 * @param root - `s3://bucket/prefix`, the root of `storage`, without a slash at its end.
 * @param target - with host and database: several clusters may stage in one place.
 */
export function openStagedFiles(storage: Storage, root: string, target: string): StagedFiles {
  const folder = createHash('sha256').update(target).digest('hex').slice(0, 16);
  const ofClaim = (claim: number) => `${folder}/${claim}`;
  const ofLook = (id: string) => `${folder}/${UNLOADED}${id}`;

  return {
    async upload(claim, files, onFile, signal) {
      const entries = await inLanes(
        LANES,
        files.map((file, index) => async (each: AbortSignal) => {
          const key = `${ofClaim(claim)}/part-${String(index).padStart(5, '0')}.parquet`;
          await storage.upload(file.path, key, each);
          onFile(file);
          // COPY refuses columnar files whose length the manifest does not tell.
          const meta = { content_length: file.bytes };
          return { url: `${root}/${key}`, mandatory: true, meta };
        }),
        signal,
      );
      const manifest = `${ofClaim(claim)}/manifest.json`;
      await storage.write(manifest, JSON.stringify({ entries }), signal);
      return `${root}/${manifest}`;
    },
    async remove(claim, signal) {
      await storage.removeAll(ofClaim(claim), signal);
    },
    unloadUrl: (id) => `${root}/${ofLook(id)}/`,
    async takeUnloaded(id, directory, signal) {
      const paths: string[] = [];
      for (const { key } of await storage.list(ofLook(id), signal)) {
        const content = await storage.read(key, signal);
        if (content === undefined) continue;
        const path = join(directory, `${UNLOADED}${id}-${paths.length}.parquet`);
        await writeFile(path, content, { signal });
        paths.push(path);
      }
      await storage.removeAll(ofLook(id), signal);
      return paths;
    },
    async removeLeftovers(own, records, signal) {
      const dead = new Set<string>();
      const now = await storage.now(signal);
      for (const { key, modifiedAt } of await storage.list(folder, signal)) {
        const [, name = ''] = key.split('/');
        const old = now.getTime() - modifiedAt.getTime() > UNLOADED_FOR_MS;
        if (name.startsWith(UNLOADED) ? old : isLeftover(Number(name), own, records)) {
          dead.add(name);
        }
      }
      for (const name of dead) await storage.removeAll(`${folder}/${name}`, signal);
    },
  };
}
