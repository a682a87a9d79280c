import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, note, ok, red } from '../../core/finding.ts';
import { preparedVersions } from '../commands/spark.ts';
import { dataDirOf, type Surroundings } from '../context.ts';

const ANSWER_MS = 8_000;
const OLDEST_JAVA = 17;
/** What tests and the launcher for platforms are written for. */
const OLDEST_PYTHON = 9;

/** Programs that dray uses where they are there: nothing but Spark needs Java and Python. */
export async function toolFindings(surroundings: Surroundings): Promise<readonly Finding[]> {
  const { env } = surroundings;
  const home = dataDirOf(surroundings);
  const prepared = preparedVersions(join(home, 'spark'));
  const needed = prepared.length > 0 && (env['SPARK_REMOTE'] ?? '') === '';
  const [java, python, docker] = await Promise.all([
    javaFinding(env, needed),
    pythonFinding(env),
    dockerFinding(env),
  ]);
  return [java, sparkJars(home, prepared), python, docker];
}

async function javaFinding(env: Surroundings['env'], needed: boolean): Promise<Finding> {
  const at = env['JAVA_HOME'];
  const program = at === undefined || at === '' ? 'java' : join(at, 'bin', 'java');
  const said = await answer(program, ['-version'], env);
  const version = /version "([^"]+)"/.exec(said ?? '')?.[1];
  const fix = `install Java ${String(OLDEST_JAVA)} or newer, or set JAVA_HOME; the engines row and bulk need none`;
  if (version === undefined) {
    const text = program === 'java' ? 'none on PATH' : `JAVA_HOME has no Java: ${program}`;
    return needed ? red('Java', `${text}, which Spark needs`, fix) : note('Java', text, fix);
  }
  if (Number.parseInt(version, 10) >= OLDEST_JAVA) return ok('Java', version);
  const text = `${version} is older than ${String(OLDEST_JAVA)}`;
  return needed ? red('Java', text, fix) : note('Java', text, fix);
}

function sparkJars(home: string, versions: readonly string[]): Finding {
  if (versions.length === 0) {
    return note(
      'Spark here',
      'none prepared',
      'node scripts/spark.mjs prepares one, in a checkout',
    );
  }
  const broken = versions.find((version) => !existsSync(join(home, 'spark', version, 'jars')));
  if (broken !== undefined) {
    return red('Spark here', `${broken} has no jars`, `remove it and run node scripts/spark.mjs`);
  }
  const each = versions.map((version) => {
    const jars = readdirSync(join(home, 'spark', version, 'jars'));
    return `${version} with ${String(jars.filter((name) => name.endsWith('.jar')).length)} jars`;
  });
  return ok('Spark here', `${each.join(', ')}; dray spark up starts it`);
}

async function pythonFinding(env: Surroundings['env']): Promise<Finding> {
  const said = await answer('python3', ['--version'], env);
  const [, version, minor] = /Python (3\.(\d+)\S*)/.exec(said ?? '') ?? [];
  const fix = `install Python 3.${String(OLDEST_PYTHON)} or newer; only Spark and dray twin need it`;
  if (version === undefined) return note('Python', 'no python3 on PATH', fix);
  return Number(minor) >= OLDEST_PYTHON ? ok('Python', version) : note('Python', version, fix);
}

async function dockerFinding(env: Surroundings['env']): Promise<Finding> {
  const said = await answer('docker', ['version', '--format', '{{.Server.Version}}'], env);
  const version = /^\d+\.\S+$/m.exec(said ?? '')?.[0];
  if (version !== undefined) return ok('Docker', `engine ${version}`);
  return note('Docker', 'no engine answers', 'only dray submit container needs one: start it');
}

/** What a program prints on either stream; undefined when it is not there, fails or takes too long. */
async function answer(
  program: string,
  args: readonly string[],
  env: Surroundings['env'],
): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const options = { env, timeout: ANSWER_MS, killSignal: 'SIGKILL' } as const;
    execFile(program, [...args], options, (error, stdout, stderr) => {
      resolve(error === null ? `${stdout}${stderr}` : undefined);
    });
  });
}
