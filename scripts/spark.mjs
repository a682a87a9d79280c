// Spark for development and the tests: pyspark and the jars beside it in .dray/spark/<version>, once.
//   node scripts/spark.mjs [version ...]     default: every version that fits the Java found
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './bootstrap.mjs';
import { fetchJars } from './maven.mjs';
import { findPython, versionOf } from './python.mjs';

const TABLE = join(ROOT, 'entry/launcher/dray_launcher/spark_jars.json');
// Hadoop's file system for S3, which platforms have. With the parts of the AWS SDK that it uses it is
// 11 MB; the bundle that it asks for is 690 MB.
const S3_TABLE = join(ROOT, 'scripts/spark-s3-jars.json');

/** Spark 3.5 does not start on newer ones: they have no security manager. */
const NEWEST_JAVA = { 3.5: 21 };
const OLDEST_JAVA = 17;

/** `{version, major}` of the Java that Spark would start, or `{missing}`. */
export function findJava() {
  const home = process.env.JAVA_HOME;
  const version = versionOf(home ? join(home, 'bin/java') : 'java', ['-version']);
  if (version === undefined) return { missing: `no java ${home ? 'in JAVA_HOME' : 'on PATH'}` };
  const [, found = ''] = /"([^"]+)"/.exec(version) ?? [];
  const major = Number.parseInt(found, 10);
  if (!(major >= OLDEST_JAVA)) return { missing: `Java ${found || version} is older than 17` };
  return { version: found, major };
}

/** The versions of Spark that dray is tested with and that run on this Java, newest first. */
export function sparkVersionsFor({ major }) {
  return Object.entries(JSON.parse(readFileSync(TABLE, 'utf8')))
    .filter(([line]) => major <= (NEWEST_JAVA[line] ?? Number.POSITIVE_INFINITY))
    .map(([, { spark }]) => spark);
}

function run(command, args, what) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${what} failed:\n${stdout ?? ''}${stderr ?? ''}`.trimEnd());
}

/**
 * Makes `.dray/spark/<version>` unless it is whole already.
 *
 * @param pythonVersion - what `python3 --version` says; another Python makes it anew.
 * @returns `{python, jars}`: the interpreter and the folder of the jars.
 */
export async function prepareSpark(version, pythonVersion) {
  const row = JSON.parse(readFileSync(TABLE, 'utf8'))[version.split('.').slice(0, 2).join('.')];
  if (row?.spark !== version) throw new Error(`Spark ${version} is not in ${TABLE}`);
  const home = join(ROOT, '.dray/spark', version);
  const venv = join(home, 'venv');
  const stamp = join(home, 'stamp.sha256');
  const jars = join(home, 'jars');
  const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const wanted = createHash('sha256').update(pythonVersion).update(JSON.stringify(row));
  const digest = wanted.digest('hex');
  const say = (text) => process.stdout.write(`spark   ${version}: ${text}\n`);
  await fetchJars(JSON.parse(readFileSync(S3_TABLE, 'utf8'))[version], jars, say);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return { python, jars };
  rmSync(stamp, { force: true });
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  await fetchJars([...row.delta, ...row.postgres, ...row.connect], jars, say);
  say('installing pyspark, some 400 MB, once; a few minutes');
  run('python3', ['-m', 'venv', venv], 'python3 -m venv (Debian: apt install python3-venv)');
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  run(python, ['-m', 'pip', 'install', ...quiet, `pyspark==${version}`], 'pip install pyspark');
  writeFileSync(stamp, digest);
  say('ready');
  return { python, jars };
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const java = findJava();
  const python = findPython();
  if (java.missing || python.missing) {
    process.stderr.write(
      `Spark needs Java 17 or newer and Python 3.11 or newer: ${java.missing ?? python.missing}\n`,
    );
    process.exit(1);
  }
  const named = process.argv.slice(2);
  for (const version of named.length > 0 ? named : sparkVersionsFor(java)) {
    const { python: interpreter } = await prepareSpark(version, python.version);
    process.stdout.write(`spark   ${version}: ${interpreter}\n`);
  }
}
