import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Storage } from '../../core/storage.ts';
import { openFileStorage } from '../../state/artifacts/file.ts';

const signal = new AbortController().signal;
const REPLACE = { ifAbsent: false };
const IF_ABSENT = { ifAbsent: true };

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

describe('locations', () => {
  it('takes paths and file URLs', () => {
    const url = pathToFileURL(root).href;
    for (const location of [root, `${root}/`, url, url.replace('file:///', 'file:/')]) {
      expect(openFileStorage(location).root).toBe(root);
    }
    expect(openFileStorage('/Volumes/main/lake').enginePath('a/b')).toBe('/Volumes/main/lake/a/b');
  });

  it.each(['s3://lake/x', 's3a://lake/x', 'hdfs://name/x', 'dbfs:/x', 'gs://lake'])(
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

  it.each(['../x', '/etc/passwd', 'a/../../x', 'a\0b'])('refuses the key "%s"', async (key) => {
    await expect(storage.read(key, signal)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
  });
});

describe('objects', () => {
  it('lists them in order, below a prefix, and none where nothing is', async () => {
    await writeFile(join(root, '.writing-left-over'), 'half');
    for (const key of ['b', 'a/2', 'a/10', 'ab/1']) await storage.write(key, key, signal);
    expect(await keys()).toEqual(['a/10', 'a/2', 'ab/1', 'b']);
    expect(await storage.list('a', signal)).toEqual([
      expect.objectContaining({ key: 'a/10', bytes: 4 }),
      expect.objectContaining({ key: 'a/2', bytes: 3 }),
    ]);
    expect(await keys('a/10')).toEqual(['a/10']);
    expect(await keys('nowhere')).toEqual([]);
  });

  it('replaces content and changes the etag', async () => {
    await storage.write('a', 'one', signal);
    const [before] = await storage.list('', signal);
    await storage.write('a', 'two', signal);
    const [after] = await storage.list('', signal);
    expect(await textOf('a')).toBe('two');
    expect(after?.etag).not.toBe(before?.etag);
    expect(await textOf('b')).toBeUndefined();
  });

  it('lets exactly one of 20 creators win, and shows its content whole', async () => {
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, n) => storage.create('a/b', `content ${String(n)}`, signal)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await textOf('a/b')).toBe(`content ${String(won.indexOf(true))}`);
    expect(await files()).toEqual(['b']);
  });

  it('uploads a file and gives it a second name', async () => {
    const local = join(root, 'local');
    await writeFile(local, 'rows');
    await storage.upload(local, 'stage/1/x.data', signal);
    await storage.duplicate('stage/1/x.data', 'files/x.data', signal);
    await storage.duplicate('stage/1/x.data', 'files/x.data', signal);
    await storage.write('stage/1/x.data', 'other', signal);
    expect(await textOf('files/x.data')).toBe('rows');
    expect(await readFile(local, 'utf8')).toBe('rows');
  });

  it('removes objects, and folders that this leaves empty', async () => {
    for (const key of ['a/b/1', 'a/b/2', 'a/c/1']) await storage.write(key, key, signal);
    await storage.removeAll('a/b', signal);
    await storage.remove('a/nothing', signal);
    expect(await keys()).toEqual(['a/c/1']);
    await storage.removeAll('a/c', signal);
    expect(await readdir(root)).toEqual([]);
  });

  it('stops when the signal is aborted', async () => {
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(storage.write('a', 'x', aborted)).rejects.toThrow('enough');
    expect(await keys()).toEqual([]);
  });
});

describe('publishing', () => {
  it('replaces in one step, straight from the staged name', async () => {
    await storage.write('stage/1/a', 'new', signal);
    await storage.write('week=1/a', 'old', signal);
    expect(await storage.publish('stage/1/a', 'week=1/a', REPLACE, signal)).toBe('published');
    expect(await textOf('week=1/a')).toBe('new');
    expect(await keys()).toEqual(['week=1/a']);
    expect(await storage.publish('stage/1/a', 'week=1/a', REPLACE, signal)).toBe('missing');
  });

  it('lets one of 20 publishers win where the name must be free', async () => {
    const staged = Array.from({ length: 20 }, (_, n) => `stage/${String(n)}/log`);
    for (const key of staged) await storage.write(key, key, signal);
    const results = await Promise.all(
      staged.map((key) => storage.publish(key, 'log/1', IF_ABSENT, signal)),
    );
    expect(results.filter((result) => result === 'published')).toHaveLength(1);
    expect(results.filter((result) => result === 'exists')).toHaveLength(19);
    expect(await textOf('log/1')).toBe(staged[results.indexOf('published')]);
    expect(await keys('stage')).toHaveLength(19);
  });

  it.each([REPLACE, IF_ABSENT])('is "missing" after a revoke (%j)', async (options) => {
    await storage.write('stage/1/a', 'stale', signal);
    await storage.write('stage/10/a', 'other', signal);
    await storage.revoke('stage/1', signal);
    await storage.revoke('stage/1', signal);
    expect(await storage.publish('stage/1/a', 'week=1/a', options, signal)).toBe('missing');
    expect(await files()).toEqual(['a']);
    expect(await keys()).toEqual(['stage/10/a']);
  });

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
