import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../core/clock.ts';
import { JobError, messageOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { findRoot } from '../../platforms/package/contents.ts';
import { type PackageManifest, type Target, TARGETS } from '../../platforms/package/manifest.ts';
import { makePackage } from '../../platforms/package/package.ts';
import {
  destinationOf,
  uploadPackage,
  type UploadSurroundings,
} from '../../platforms/package/upload.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import { defineCommand } from '../command.ts';
import { dataDirOf, s3SettingsOf, type Surroundings } from '../context.ts';
import { tableLines } from '../table.ts';

/** `dray package`: what platforms run, as files. */
export const packageCommand = defineCommand({
  usage: 'package',
  summary: 'make the files that platforms run',
  flags: (yargs) =>
    yargs
      .option('out', { type: 'string', default: 'dist/package', describe: 'folder to put them in' })
      .option('target', {
        type: 'array',
        string: true,
        describe: `machines to pack native files for: ${TARGETS.join(', ')} (default: linux-x64)`,
      })
      .option('native', {
        type: 'boolean',
        default: true,
        describe: 'pack DuckDB, for the engines row and bulk',
      })
      .option('emr', { type: 'boolean', default: true, describe: 'make the archive for EMR' })
      .option('jobs', {
        type: 'array',
        string: true,
        describe: 'modules with jobs of yours: paths (./my-jobs.ts) or npm packages',
      })
      .option('upload', {
        type: 'string',
        describe: 'folder to upload them to: s3://..., /Volumes/... or dbfs:/...',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print the manifest' }),
  async run(args, context, signal) {
    const { surroundings } = context;
    const destination =
      args.upload === undefined ? undefined : destinationOf(args.upload, reach(surroundings));
    const out = resolve(surroundings.cwd, args.out);
    const made = await makePackage({
      root: await sourcesOf(import.meta.dirname),
      out,
      targets: targetsOf(args.target ?? ['linux-x64']),
      native: args.native,
      emr: args.emr,
      extensionDirs: [
        ...(surroundings.env['DRAY_EXTENSIONS']?.split(delimiter).filter(Boolean) ?? []),
        join(dataDirOf(surroundings), 'extensions'),
      ],
      jobs: args.jobs ?? [],
      cwd: surroundings.cwd,
      jobsOf,
      say(line) {
        context.err(line);
      },
    });
    const manifest =
      destination === undefined ? made : await uploadPackage(out, made, destination, signal);
    context.out(args.json ? JSON.stringify(manifest, null, 2) : described(manifest, context.width));
    return 0;
  },
});

function reach({ env, clock = systemClock }: Surroundings): UploadSurroundings {
  return {
    openStorage: storageOpener(s3SettingsOf(env), clock),
    workspace: { host: env['DATABRICKS_HOST'] ?? '', token: env['DATABRICKS_TOKEN'] ?? '' },
    clock,
    random: Math.random,
  };
}

function described({ version, jobs, artifacts }: PackageManifest, width: number): string {
  const columns = [
    { title: 'FILE' },
    { title: 'MB', align: 'right' as const },
    { title: 'SHA-256' },
  ];
  const rows = artifacts.map(({ file, uri, bytes, sha256 }) => [
    uri ?? file,
    (bytes / 1e6).toFixed(1),
    sha256.slice(0, 12),
  ]);
  return [`${version}: ${jobs.join(', ')}`, ...tableLines(columns, rows, width)].join('\n');
}

/** Jobs are bundled from dray's sources, which only a checkout has. */
async function sourcesOf(from: string): Promise<string> {
  const root = await findRoot(from);
  const sources = join(root ?? from, 'entry', 'generic-entry.ts');
  const isThere = await stat(sources).catch(() => undefined);
  if (root !== undefined && isThere !== undefined) return root;
  throw new JobError('NOT_SUPPORTED', 'dray package needs the sources of dray', {
    hint: 'run it in a checkout: npm run dray -- package',
  });
}

function targetsOf(given: readonly string[]): readonly Target[] {
  return [...new Set(given)].map((name) => {
    const found = TARGETS.find((target) => target === name);
    if (found !== undefined) return found;
    throw new JobError('ARGUMENTS_INVALID', `--target is none: "${printable(name)}"`, {
      hint: `choose of: ${TARGETS.join(', ')}`,
    });
  });
}

/** Starts the bundle, which shows that it starts, and asks what it can run. */
async function jobsOf(bundle: string): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, '--help']);
    const [, names = ''] = /^JOB is one of: (.+)$/m.exec(stdout) ?? [];
    return names.split(', ');
  } catch (cause) {
    const [why] = /^.*(?:Error|JobError): .*$/m.exec(messageOf(cause)) ?? [messageOf(cause)];
    throw new JobError('CONFIG_INVALID', `the bundle does not start: ${why.trim()}`, {
      hint: 'a module of --jobs fails when it is loaded, or exports no job by default',
      cause,
    });
  }
}
