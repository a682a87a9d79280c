// Compiles entry/launcher/interceptor into the small jar that the launcher ships.
//   --check   compares instead of writing; says so where it cannot compile here
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';
import { versionOf } from './python.mjs';

const SOURCE = join(ROOT, 'entry/launcher/interceptor/ConnectTokenInterceptor.java');
const JAR = join(ROOT, 'entry/launcher/dray_launcher/connect-token-interceptor.jar');
/** What it is compiled against: `node scripts/spark.mjs 3.5.7` puts it there. */
const CONNECT = join(ROOT, '.dray/spark/3.5.7/jars/spark-connect_2.12-3.5.7.jar');
/** Another compiler may write other bytes. */
const JDK = 17;

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? `${command}: ${stdout}${stderr}`);
}

function whyNot() {
  const javac = versionOf('javac', ['-version']);
  if (javac === undefined) return 'there is no javac';
  if (Number.parseInt(javac.replace('javac ', ''), 10) !== JDK) return `${javac} is not ${JDK}`;
  return existsSync(CONNECT) ? undefined : 'Spark 3.5.7 is not prepared (node scripts/spark.mjs)';
}

function compile() {
  const work = mkdtempSync(join(tmpdir(), 'dray-interceptor-'));
  try {
    const classes = join(work, 'classes');
    mkdirSync(join(classes, 'dray'), { recursive: true });
    run('javac', ['--release', '11', '-g:none', '-cp', CONNECT, '-d', classes, SOURCE]);
    // The source travels along, uncompressed: so it can be compared where nothing can be compiled.
    cpSync(SOURCE, join(classes, 'dray/ConnectTokenInterceptor.java'));
    const files = ['ConnectTokenInterceptor$1.class', 'ConnectTokenInterceptor.class'];
    run(
      'jar',
      [
        ...['--create', '--no-manifest', '--no-compress', '--date=2000-01-01T00:00:00Z'],
        ...['--file', join(work, 'out.jar'), 'dray/ConnectTokenInterceptor.java'],
        ...files.map((file) => `dray/${file}`),
      ],
      classes,
    );
    return readFileSync(join(work, 'out.jar'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const why = whyNot();
const check = process.argv.includes('--check');
if (!check) {
  if (why !== undefined) fail(`cannot compile the interceptor: ${why}`);
  writeFileSync(JAR, compile());
} else {
  const shipped = existsSync(JAR) ? readFileSync(JAR) : Buffer.alloc(0);
  const stale = 'is not what node scripts/generate-interceptor.mjs makes; run it';
  if (!shipped.includes(readFileSync(SOURCE))) fail(`${JAR} ${stale}`);
  if (why !== undefined) process.stdout.write(`compared its source alone: ${why}\n`);
  else if (!compile().equals(shipped)) fail(`${JAR} ${stale}`);
}
