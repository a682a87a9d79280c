import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { JobError, messageOf } from '../../core/errors.ts';

/** Machines that native files are packed for, as Node names them. */
export const TARGETS = ['linux-x64', 'linux-arm64'] as const;
export type Target = (typeof TARGETS)[number];

const ARTIFACT_KINDS = [
  'bundle',
  'launcher',
  'wheel',
  'native-wheel',
  'emr-archive',
  'spark-jar',
  'glue-job',
] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

const artifact = z.strictObject({
  kind: z.enum(ARTIFACT_KINDS),
  /** Of what has native files. */
  target: z.enum(TARGETS).exactOptional(),
  /** Its name below the package's folder. */
  file: z.string(),
  bytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where it was uploaded to. */
  uri: z.string().exactOptional(),
});

const packageManifest = z.strictObject({
  schema: z.literal('dray.package/1'),
  /** Of the wheels (PEP 440): dray's own, and after a `+` what stands for the contents. */
  version: z.string(),
  jobs: z.array(z.string()),
  artifacts: z.array(artifact),
  /** The folder that it was uploaded to. */
  location: z.string().exactOptional(),
});

export type Artifact = Readonly<z.output<typeof artifact>>;
export type PackageManifest = Omit<
  Readonly<z.output<typeof packageManifest>>,
  'artifacts' | 'jobs'
> & { readonly artifacts: readonly Artifact[]; readonly jobs: readonly string[] };

export const MANIFEST_FILE = 'manifest.json';

/** What a package says of a file. */
export function artifactFrom(
  named: Pick<Artifact, 'kind' | 'file'> & { readonly target?: Target },
  content: Uint8Array,
): Artifact {
  return { ...named, bytes: content.length, sha256: sha256Of(content) };
}

export function sha256Of(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Reads what `dray package` has written.
 *
 * @param path - of its `manifest.json`.
 * @throws JobError `CONFIG_INVALID` when it is not there or is none.
 */
export async function readManifest(path: string): Promise<PackageManifest> {
  try {
    return packageManifest.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new JobError('CONFIG_INVALID', `"${path}" describes no package: ${reason}`, {
      hint: 'dray package makes one in dist/package, and --upload brings it to a platform',
      cause,
    });
  }
}

/** @throws JobError `CONFIG_INVALID` when the package has none. */
export function artifactOf(
  { artifacts }: PackageManifest,
  kind: ArtifactKind,
  target?: Target,
): Artifact {
  const found = artifacts.find((one) => one.kind === kind && one.target === target);
  if (found !== undefined) return found;
  const what = target === undefined ? kind : `${kind} for ${target}`;
  throw new JobError('CONFIG_INVALID', `the package has no ${what}`, {
    hint: 'make it again with: dray package (--target and --no-native leave parts out)',
  });
}
