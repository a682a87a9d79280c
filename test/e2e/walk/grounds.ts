import {
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { CopyObjectCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { quote } from '../../../core/engine.ts';
import { BUCKET, type TestS3 } from '../../aws/s3.ts';
import type { World } from '../world.ts';

/** A target that one try has for itself. */
export interface Place {
  /** The sink's config. */
  readonly loader: Readonly<Record<string, unknown>>;
  /** Makes claims look as if nobody had renewed them for long. */
  age(): Promise<void>;
  /** Changes with whatever anybody else can see of the target. */
  fingerprint(): Promise<string>;
  /** The rows as a reader that knows nothing of dray sees them. */
  content(): Promise<string>;
  /** What no load that counts has put there. */
  leftovers(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Where targets are: one kind of sink on one kind of storage. */
export interface Ground {
  readonly sink: string;
  /** What a process needs to get there. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether time can be made to pass there. */
  readonly ages: boolean;
  /** A new target, empty or as another one is. */
  place(name: string, like?: string): Promise<Place>;
}

/** The columns that are the same whoever loads. */
export const SEEN =
  'promo_id, product_id, store_id, week, start_date, end_date, display_code, mailer_code, display_location, mailer_location, on_display, in_mailer, promo_score, department, brand, product_category';

/** Rows, keys and a hash of what `relation` has in DuckDB. */
async function digestOf(world: World, relation: string): Promise<string> {
  const [row] = await world.duckdb(
    `select count(*) as rows, count(distinct promo_id) as keys, sum(hash(${SEEN})) as hash from ${relation}`,
  );
  return `${String(row?.['rows'])}/${String(row?.['keys'])}/${String(row?.['hash'])}`;
}

/** A folder on disk for a Delta table or Parquet files. */
export function diskGround(world: World, sink: 'DELTA' | 'PARQUET'): Ground {
  return {
    sink,
    ages: true,
    async place(name, like) {
      const path = join(world.folder, 'targets', name);
      if (like !== undefined) await copyTree(join(world.folder, 'targets', like), path);
      return {
        loader: { strategy: sink, path },
        async age() {
          const claims = join(path, '_dray/claims');
          for (const file of await readdir(claims).catch(() => [])) {
            await utimes(join(claims, file), 0, 0);
          }
        },
        fingerprint: async () => await fingerprintOf(path),
        content: async () => await contentIn(world, sink, path),
        leftovers: async () => await leftoversIn(sink, path),
        remove: async () => {
          await rm(path, { recursive: true, force: true });
        },
      };
    },
  };
}

/** A prefix of a bucket; what is there is looked at in a copy on disk. */
export function s3Ground(world: World, s3: TestS3, sink: 'DELTA' | 'PARQUET'): Ground {
  const list = async (name: string) => {
    const found = await s3.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${name}/` }),
    );
    return found.Contents ?? [];
  };
  return {
    sink,
    env: s3.env,
    ages: false,
    async place(name, like) {
      const copy = join(world.folder, 'copies', name);
      const download = async () => {
        await rm(copy, { recursive: true, force: true });
        for (const { Key = '' } of await list(name)) {
          const got = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
          const path = join(copy, Key.slice(name.length));
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, (await got.Body?.transformToByteArray()) ?? '');
        }
      };
      for (const { Key = '' } of like === undefined ? [] : await list(like)) {
        await s3.client.send(
          new CopyObjectCommand({
            Bucket: BUCKET,
            CopySource: encodeURI(`${BUCKET}/${Key}`),
            Key: Key.replace(like ?? '', name),
          }),
        );
      }
      return {
        loader: { strategy: sink, path: `s3://${BUCKET}/${name}` },
        age: () => Promise.reject(new Error('S3 stamps objects with its own clock')),
        fingerprint: async () =>
          (await list(name))
            .map(({ Key, ETag, LastModified }) =>
              [Key, ETag, LastModified?.toISOString()].join(' '),
            )
            .join('\n'),
        async content() {
          await download();
          return await contentIn(world, sink, copy);
        },
        async leftovers() {
          await download();
          return await leftoversIn(sink, copy);
        },
        remove: async () => {
          await rm(copy, { recursive: true, force: true });
        },
      };
    },
  };
}

async function contentIn(world: World, sink: 'DELTA' | 'PARQUET', path: string): Promise<string> {
  const files = `read_parquet(${quote(`${path}/**/part-0.parquet`)}, hive_partitioning = false)`;
  return await digestOf(world, sink === 'DELTA' ? `delta_scan(${quote(path)})` : files);
}

async function leftoversIn(sink: 'DELTA' | 'PARQUET', path: string): Promise<readonly string[]> {
  return sink === 'DELTA' ? await deltaLeftovers(path) : await parquetLeftovers(path);
}

/** Path, size, time and identity of every file below a folder. */
export async function fingerprintOf(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const path of await filesBelow(folder)) {
    // SQLite's index of its log: memory that readers share.
    if (path.endsWith('-shm')) continue;
    const info = await lstat(path, { bigint: true }).catch(() => undefined);
    lines.push(
      `${relative(folder, path)} ${String(info?.size)} ${String(info?.mtimeNs)} ${String(info?.ino)}`,
    );
  }
  return lines.sort().join('\n');
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

/** Names of one file stay names of one file, which the Parquet sink goes by. */
async function copyTree(from: string, to: string): Promise<void> {
  const copied = new Map<number, string>();
  for (const path of await filesBelow(from)) {
    const copy = join(to, relative(from, path));
    await mkdir(join(copy, '..'), { recursive: true });
    const { ino } = await lstat(path);
    const other = copied.get(ino);
    await (other === undefined ? copyFile(path, copy) : link(other, copy));
    copied.set(ino, copy);
  }
}

/** Data files that no version of the table ever had, and what is staged. */
async function deltaLeftovers(path: string): Promise<readonly string[]> {
  const files = await filesBelow(path);
  const log = await Promise.all(
    files.filter((file) => /_delta_log.*\.json$/.test(file)).map((file) => readFile(file, 'utf8')),
  );
  const named = log.join('\n');
  return files.filter((file) =>
    file.endsWith('.parquet')
      ? !named.includes(basename(file)) && !file.includes('_delta_log')
      : isStaged(file),
  );
}

async function parquetLeftovers(path: string): Promise<readonly string[]> {
  return (await filesBelow(path)).filter((file) =>
    file.endsWith('.parquet') ? !/\/week=\d+\/part-0\.parquet$/.test(file) : isStaged(file),
  );
}

function isStaged(file: string): boolean {
  return file.includes('/_dray/stage/');
}
