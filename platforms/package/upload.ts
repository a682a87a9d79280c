import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { OpenStorage } from '../../core/storage.ts';
import { databricks, type Workspace } from '../databricks/client.ts';
import { dbfsDepot, volumeDepot } from '../databricks/files.ts';
import { type Depot, storageDepot } from './depot.ts';
import { glueJobOf } from './glue-job.ts';
import {
  type Artifact,
  artifactFrom,
  type ArtifactKind,
  MANIFEST_FILE,
  type PackageManifest,
  sha256Of,
} from './manifest.ts';
import { jsonOf, writeManifest } from './package.ts';

/** What Databricks has no use for. */
const NOT_FOR_DATABRICKS: readonly ArtifactKind[] = ['emr-archive', 'glue-job'];

export interface UploadSurroundings {
  readonly openStorage: OpenStorage;
  /** `DATABRICKS_HOST` and `DATABRICKS_TOKEN`; empty where they are not set. */
  readonly workspace: Workspace;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** Where a package can be uploaded to. */
export interface Destination {
  /** As the user wrote it, without a slash at its end. */
  readonly folder: string;
  readonly leftOut: readonly ArtifactKind[];
  depotAt(folder: string): Depot;
}

/**
 * Uploads a package below `destination`, into a folder with the package's version, and writes down
 * where it is: in the package's own folder, and there as its last file.
 *
 * @param out - the package's folder.
 * @throws JobError `TARGET_FAILED` when something else has the name of a file there, and for a file that has
 *   not arrived whole.
 */
export async function uploadPackage(
  out: string,
  manifest: PackageManifest,
  destination: Destination,
  signal: AbortSignal,
): Promise<PackageManifest> {
  const { leftOut } = destination;
  // In a URL a plus may stand for a space.
  const folder = `${destination.folder}/${manifest.version.replace('+', '-')}`;
  const depot = destination.depotAt(folder);
  const artifacts: Artifact[] = [];
  for (const artifact of manifest.artifacts) {
    const { kind, file, sha256 } = artifact;
    if (leftOut.includes(kind) || kind === 'glue-job') continue;
    const content = await readFile(join(out, file));
    if (sha256Of(content) !== sha256) {
      throw new JobError('CONFIG_INVALID', `"${file}" is not what the package was made with`, {
        hint: 'make the package again: dray package',
      });
    }
    artifacts.push({ ...artifact, uri: await put(depot, file, content, signal) });
  }
  let uploaded: PackageManifest = { ...manifest, artifacts, location: folder };
  if (!leftOut.includes('glue-job')) {
    const content = jsonOf(glueJobOf(uploaded));
    const file = 'glue-job.json';
    await writeFile(join(out, file), content);
    const uri = await put(depot, file, content, signal);
    const glueJob = { ...artifactFrom({ kind: 'glue-job', file }, content), uri };
    uploaded = { ...uploaded, artifacts: [...artifacts, glueJob] };
  }
  await put(depot, MANIFEST_FILE, jsonOf(uploaded), signal);
  const kept = manifest.artifacts.filter(({ kind }) => leftOut.includes(kind));
  await writeManifest(out, { ...uploaded, artifacts: [...uploaded.artifacts, ...kept] });
  return uploaded;
}

/** Creates a file and looks whether it is whole; one that is there already has to be the same. */
async function put(
  depot: Depot,
  name: string,
  content: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  const uri = depot.uri(name);
  if (await depot.create(name, content, signal)) {
    const size = await depot.size(name, signal);
    if (size === content.length) return uri;
    const found = size === undefined ? 'is not there' : `has ${String(size)} bytes`;
    throw new JobError(
      'TARGET_FAILED',
      `"${uri}" ${found} after the upload of ${String(content.length)}`,
      { hint: 'remove it there and upload again' },
    );
  }
  if (sha256Of(await depot.read(name, signal)) === sha256Of(content)) return uri;
  throw new JobError('TARGET_FAILED', `"${uri}" is there already, with other contents`, {
    hint: 'an upload replaces nothing: remove it there, or upload to another folder',
  });
}

/**
 * @param given - `s3://bucket/prefix`, `/Volumes/catalog/schema/volume/...` or `dbfs:/...`.
 * @throws JobError `ARGUMENTS_INVALID` for another one, and for one of a workspace that is not named.
 */
export function destinationOf(
  given: string,
  { openStorage, workspace, clock, random }: UploadSurroundings,
): Destination {
  const folder = given.replace(/\/+$/, '');
  if (/^s3a?:\/\//i.test(folder)) {
    return { folder, leftOut: [], depotAt: (below) => storageDepot(openStorage, below) };
  }
  const isVolume = /^\/Volumes(\/[^/]+){3}/.test(folder);
  if (!isVolume && !/^dbfs:\/[^/]/.test(folder)) {
    throw new JobError('ARGUMENTS_INVALID', `nothing is uploaded to "${printable(given)}"`, {
      hint: 'write s3://bucket/folder, /Volumes/catalog/schema/volume/folder or dbfs:/folder',
    });
  }
  if (workspace.host === '' || workspace.token === '') {
    throw new JobError('ARGUMENTS_INVALID', `"${printable(given)}" is in no workspace`, {
      hint: 'set DATABRICKS_HOST and DATABRICKS_TOKEN',
    });
  }
  const call = databricks(workspace, clock, random);
  const depotAt = (below: string) => (isVolume ? volumeDepot(call, below) : dbfsDepot(call, below));
  return { folder, leftOut: NOT_FOR_DATABRICKS, depotAt };
}
