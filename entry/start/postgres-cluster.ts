import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { systemCodeOf } from '../../core/errors.ts';
import {
  type Account,
  canReach,
  CHILD_OPTIONS,
  chooseAccount,
  exists,
  findBinaries,
  makeSharedHome,
  SHARED_HOME,
} from './postgres-binaries.ts';

/** The superuser of the cluster and the database that it starts with. */
export const USER = 'dray';
export const DATABASE = 'dray';

/** An initialised cluster: everything a server needs to start. */
export interface Cluster {
  /** PGDATA, with symbolic links resolved. */
  readonly data: string;
  readonly log: string;
  readonly password: string;
  readonly account: Account;
  /** Folder of the `postgres` program. */
  readonly binaries: string;
}

/**
 * Opens the cluster kept in a folder, and creates it there the first time.
 *
 * The folder gets `password` (mode 600), `server.log` and `data`. When the server's account may
 * not enter the folder, `data` is a link to a folder in {@link SHARED_HOME}. The cluster appears
 * under its name in one step, so that two processes may do this at once.
 */
export async function openCluster(
  folder: string,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<Cluster> {
  const home = resolve(folder);
  const link = join(home, 'data');
  await fs.mkdir(home, { recursive: true });
  const password = await keepPassword(join(home, 'password'));
  if (!(await exists(link))) {
    report(`creating a PostgreSQL cluster in ${home}`);
    await dropDanglingLink(link);
    await createCluster(home, link, password, signal);
  }
  const data = await fs.realpath(link);
  const account = await ownerOf(data);
  const binaries = await findBinaries(account);
  return { data, log: join(home, 'server.log'), password, account, binaries };
}

/** Written under another name and then linked, so that no one ever reads half a password. */
async function keepPassword(path: string): Promise<string> {
  if (!(await exists(path))) {
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    await fs.writeFile(draft, randomBytes(24).toString('base64url'), { mode: 0o600 });
    await fs.link(draft, path).catch(unless('EEXIST'));
    await fs.rm(draft);
  }
  return await fs.readFile(path, 'utf8').catch((cause: unknown) => {
    if (systemCodeOf(cause) !== 'EACCES') throw cause;
    throw new Error(`the PostgreSQL password "${path}" belongs to another user`, { cause });
  });
}

async function createCluster(
  home: string,
  link: string,
  password: string,
  signal: AbortSignal,
): Promise<void> {
  const account = await chooseAccount();
  const inPlace = account.uid === undefined || (await canReach(home, account));
  if (!inPlace) await makeSharedHome();
  const staging = await fs.mkdtemp(inPlace ? `${link}.` : join(SHARED_HOME, 'cluster-'));
  try {
    await initialise(staging, password, account, signal);
    if (inPlace) await fs.rename(staging, link);
    else await fs.symlink(staging, link);
  } catch (error) {
    await fs.rm(staging, { recursive: true, force: true });
    // Another process was faster: its cluster is as good as ours.
    if (!(await exists(link))) throw error;
  }
}

async function initialise(
  data: string,
  password: string,
  account: Account,
  signal: AbortSignal,
): Promise<void> {
  const passwordFile = `${data}.pw`;
  await fs.writeFile(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    await fs.chown(data, account.uid, account.gid);
    await fs.chown(passwordFile, account.uid, account.gid);
  }
  const binaries = await findBinaries(account);
  const options = { ...CHILD_OPTIONS, ...account, signal };
  try {
    await promisify(execFile)(
      join(binaries, 'initdb'),
      [
        `--pgdata=${data}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        // Sorts and folds case the same way everywhere, without a locale of the system.
        ...['--encoding=UTF8', '--locale=C'],
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
        ...['--no-sync', '--no-instructions'],
      ],
      options,
    );
    const single = promisify(execFile)(
      join(binaries, 'postgres'),
      ['--single', '-F', '-j', '-D', data, 'postgres'],
      options,
    );
    // A program that dies early is reported by its exit code.
    single.child.stdin?.on('error', () => undefined);
    single.child.stdin?.end(`create database ${DATABASE};\n\n`);
    await single;
  } catch (cause) {
    signal.throwIfAborted();
    // The message of the cause ends with what the program wrote to its standard error.
    const detail = (cause as Error).message.trim();
    throw new Error(`cannot create the PostgreSQL cluster "${data}": ${detail}`, { cause });
  } finally {
    await fs.rm(passwordFile, { force: true });
  }
}

/** A cluster runs under the account that owns its files, also when root starts it later. */
async function ownerOf(data: string): Promise<Account> {
  const { uid, gid } = await fs.stat(data);
  const self = process.getuid?.();
  if (self === 0) return { uid, gid };
  if (self !== uid) throw new Error(`the PostgreSQL cluster "${data}" belongs to another user`);
  return {};
}

/** {@link SHARED_HOME} can be gone while the folder is still there, as in a new container. */
async function dropDanglingLink(link: string): Promise<void> {
  const found = await fs.lstat(link).catch(unless('ENOENT'));
  if (found?.isSymbolicLink() === true) await fs.rm(link);
}

function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (systemCodeOf(error) === code) return undefined;
    throw error;
  };
}
