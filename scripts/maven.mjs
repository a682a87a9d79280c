// Jars from Maven Central, each with the checksum that it must have. `mvn` fetches them where it is
// installed, since it knows the proxy and the mirror of its machine; else they come over HTTPS.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CENTRAL = 'https://repo1.maven.org/maven2';
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';

function fileOf(coordinate) {
  const [, artifact, version] = coordinate.split(':');
  return `${artifact}-${version}.jar`;
}

function hasChecksum(path, sha256) {
  return createHash('sha256').update(readFileSync(path)).digest('hex') === sha256;
}

function pomOf(jars) {
  const items = jars.map(({ jar }) => {
    const [group, artifact, version] = jar.split(':');
    return `<artifactItem><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></artifactItem>`;
  });
  return `<project><modelVersion>4.0.0</modelVersion><groupId>dray</groupId><artifactId>jars</artifactId><version>1</version>
<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<configuration><artifactItems>${items.join('')}</artifactItems></configuration></plugin></plugins></build></project>`;
}

/** @returns why mvn did not put them into `directory`, or undefined when it did. */
function copyWithMaven(jars, directory) {
  const pom = join(directory, 'pom.xml');
  writeFileSync(pom, pomOf(jars));
  const { status, error, stdout } = spawnSync(
    'mvn',
    ['--batch-mode', '--quiet', '--file', pom, COPY, `-DoutputDirectory=${directory}`],
    { encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (status === 0) return undefined;
  return error?.message ?? stdout.trim().split('\n')[0] ?? `exit code ${status}`;
}

async function download(jar, base, path) {
  const [group, artifact, version] = jar.split(':');
  const url = `${base}/${group.replaceAll('.', '/')}/${artifact}/${version}/${fileOf(jar)}`;
  const response = await fetch(url).catch((error) => {
    const why = error.cause?.message || error.cause?.code || error.message;
    throw new Error(`${url}: ${why}; DRAY_MAVEN_URL names a mirror, and mvn knows its proxy`);
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  writeFileSync(path, Buffer.from(await response.arrayBuffer()));
}

/**
 * Puts `jars` into `directory`, leaving alone what is there and right. A jar appears under its name
 * only when it is whole.
 *
 * @param jars - `{jar: 'group:artifact:version', sha256}` each.
 * @param say - prints a line of progress.
 */
export async function fetchJars(jars, directory, say) {
  mkdirSync(directory, { recursive: true });
  const missing = jars.filter(({ jar, sha256 }) => {
    const path = join(directory, fileOf(jar));
    return !existsSync(path) || !hasChecksum(path, sha256);
  });
  if (missing.length === 0) return;
  const mirror = process.env.DRAY_MAVEN_URL;
  const partial = mkdtempSync(join(tmpdir(), 'dray-jars-'));
  try {
    const withMaven = !mirror && spawnSync('mvn', ['--version']).status === 0;
    say(`fetching ${missing.map(({ jar }) => jar).join(', ')}${withMaven ? ' with mvn' : ''}`);
    const failure = withMaven ? copyWithMaven(missing, partial) : undefined;
    if (failure !== undefined) say(`mvn did not: ${failure}; downloading them`);
    for (const { jar, sha256 } of missing) {
      const path = join(partial, fileOf(jar));
      if (!existsSync(path)) await download(jar, mirror?.replace(/\/+$/, '') ?? CENTRAL, path);
      if (!hasChecksum(path, sha256)) throw new Error(`${jar} does not have the checksum expected`);
      // Another disk may hold the temporary files: copied under another name, then renamed.
      const target = join(directory, fileOf(jar));
      copyFileSync(path, `${target}.part`);
      renameSync(`${target}.part`, target);
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
