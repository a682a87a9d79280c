import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Storage } from '../../core/storage.ts';
import { openFileStorage } from '../../state/artifacts/file.ts';
import { describeStorage } from '../conformance/storage/suite.ts';

const signal = new AbortController().signal;
const REPLACE = { ifAbsent: false };

let root: string;
let storage: Storage;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dray storage-'));
  storage = openFileStorage(root);
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function textOf(key: string): Promise<string | undefined> {
  const bytes = await storage.read(key, signal);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

async function keys(prefix = ''): Promise<readonly string[]> {
  return (await storage.list(prefix, signal)).map(({ key }) => key);
}

/** Every file there is, hidden ones included. */
async function files(): Promise<readonly string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map(({ name }) => name);
}

describeStorage('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dray storage-'));
  return {
    storage: openFileStorage(folder),
    async names() {
      const found = await readdir(folder, { recursive: true, withFileTypes: true });
      return found.filter((each) => each.isFile()).map(({ name }) => name);
    },
    close: () => rm(folder, { recursive: true }),
  };
});

describe('locations', () => {
  it('takes paths and file URLs', () => {
    const url = pathToFileURL(root).href;
    for (const location of [root, `${root}/`, url, url.replace('file:///', 'file:/')]) {
      expect(openFileStorage(location).root).toBe(root);
    }
    expect(openFileStorage('/Volumes/main/lake').enginePath('a/b')).toBe('/Volumes/main/lake/a/b');
  });

  it.each(['hdfs://name/x', 'dbfs:/x', 'gs://lake', 'abfss://lake@x/y'])(
    'says that %s is not built yet',
    (location) => {
      expect(() => openFileStorage(location)).toThrow(
        expect.objectContaining({
          code: 'NOT_SUPPORTED',
          message: expect.stringMatching(/^storage ".+:" is not built yet: ".+"$/),
        }),
      );
    },
  );

  it.each(['', 'file:x', 'file://elsewhere/x', 'file:///a%2'])('refuses "%s"', (location) => {
    expect(() => openFileStorage(location)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

describe('objects', () => {
  it('leaves out what is half written', async () => {
    await writeFile(join(root, '.writing-left-over'), 'half');
    await storage.write('b', 'b', signal);
    expect(await keys()).toEqual(['b']);
  });

  it('removes objects, and folders that this leaves empty', async () => {
    for (const key of ['a/b/1', 'a/b/2', 'a/c/1']) await storage.write(key, key, signal);
    await storage.removeAll('a/b', signal);
    await storage.remove('a/nothing', signal);
    expect(await keys()).toEqual(['a/c/1']);
    await storage.removeAll('a/c', signal);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('publishing', () => {
  it('publishes while others remove the empty folder it goes to', async () => {
    for (let round = 0; round < 50; round++) {
      await storage.write('stage/1/new', 'new', signal);
      await storage.write('week=1/old', 'old', signal);
      const [published] = await Promise.all([
        storage.publish('stage/1/new', 'week=1/new', REPLACE, signal),
        storage.retire('week=1/old', 'stage/1/old', signal),
      ]);
      expect(published).toBe('published');
      expect(await keys('week=1')).toEqual(['week=1/new']);
      await storage.remove('week=1/new', signal);
    }
  });

  it('retires an object only while the staging folder is there', async () => {
    await storage.write('stage/1/manifest', '{}', signal);
    await storage.write('week=1/a', 'a', signal);
    await storage.write('week=2/a', 'a', signal);
    expect(await storage.retire('week=1/a', 'stage/1/week=1', signal)).toBe('retired');
    expect(await storage.retire('week=1/a', 'stage/1/week=1', signal)).toBe('absent');
    await storage.revoke('stage/1', signal);
    expect(await storage.retire('week=2/a', 'stage/1/week=2', signal)).toBe('missing');
    expect(await keys()).toEqual(['week=2/a']);
  });
});

describe('failures', () => {
  it('names root and key when a file stands in the way', async () => {
    await storage.write('a', 'file', signal);
    await expect(storage.write('a/b', 'x', signal)).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining(`"a/b" in "${root}"`),
      cause: expect.anything(),
    });
  });

  it('keeps the old object when an upload fails', async () => {
    await storage.write('a', 'old', signal);
    await mkdir(join(root, 'folder'));
    await symlink('nowhere', join(root, 'broken'));
    for (const name of ['folder', 'broken']) {
      await expect(storage.upload(join(root, name), 'a', signal)).rejects.toMatchObject({
        code: 'TARGET_FAILED',
      });
    }
    expect(await textOf('a')).toBe('old');
    expect(await files()).toEqual(['a']);
  });
});
