import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Storage } from '../../../core/storage.ts';

/** An empty storage. */
export interface StorageHarness {
  readonly storage: Storage;
  /** The last part of every name there is, also of those that `list` leaves out. */
  names(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const signal = new AbortController().signal;
const REPLACE = { ifAbsent: false };
const IF_ABSENT = { ifAbsent: true };

/** What every Storage has to do. */
export function describeStorage(name: string, open: () => Promise<StorageHarness>): void {
  let harness: StorageHarness;
  let storage: Storage;
  let local: string;

  beforeEach(async () => {
    harness = await open();
    storage = harness.storage;
    local = await mkdtemp(join(tmpdir(), 'dray local-'));
  });
  afterEach(async () => {
    await harness.close();
    await rm(local, { recursive: true });
  });

  async function textOf(key: string): Promise<string | undefined> {
    const bytes = await storage.read(key, signal);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  async function keys(prefix = ''): Promise<readonly string[]> {
    return (await storage.list(prefix, signal)).map(({ key }) => key);
  }

  describe(`objects in ${name}`, () => {
    it.each(['../x', '/etc/passwd', 'a/../../x', 'a\0b'])('refuses the key "%s"', async (key) => {
      await expect(storage.read(key, signal)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
    });

    it('lists them in order, below a prefix, and none where nothing is', async () => {
      for (const key of ['b', 'a/2', 'a/10', 'ab/1']) await storage.write(key, key, signal);
      expect(await keys()).toEqual(['a/10', 'a/2', 'ab/1', 'b']);
      expect(await storage.list('a', signal)).toEqual([
        expect.objectContaining({ key: 'a/10', bytes: 4 }),
        expect.objectContaining({ key: 'a/2', bytes: 3 }),
      ]);
      expect(await keys('a/')).toEqual(['a/10', 'a/2']);
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

    it('keeps names with all kinds of characters', async () => {
      const strange = 'a b/ü+%25 =&?#/“x”.data';
      await storage.write(strange, 'x', signal);
      await storage.duplicate(strange, `${strange}-2`, signal);
      expect(await keys()).toEqual([strange, `${strange}-2`]);
      expect(await textOf(`${strange}-2`)).toBe('x');
      await storage.removeAll('a b', signal);
      expect(await keys()).toEqual([]);
    });

    it('lets exactly one of 20 creators win, and shows its content whole', async () => {
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, n) => storage.create('a/b', `content ${String(n)}`, signal)),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await textOf('a/b')).toBe(`content ${String(won.indexOf(true))}`);
      expect(await harness.names()).toEqual(['b']);
    });

    it('uploads a file and gives it a second name', async () => {
      const file = join(local, 'file');
      await writeFile(file, 'rows');
      await storage.upload(file, 'stage/1/x.data', signal);
      await storage.duplicate('stage/1/x.data', 'files/x.data', signal);
      await storage.duplicate('stage/1/x.data', 'files/x.data', signal);
      expect(await storage.isDuplicate('files/x.data', 'stage/1/x.data', signal)).toBe(true);
      await storage.publish('stage/1/x.data', 'week=1/x', REPLACE, signal);
      expect(await storage.isDuplicate('week=1/x', 'files/x.data', signal)).toBe(true);
      expect(await storage.isDuplicate('week=1/x', 'stage/1/x.data', signal)).toBe(false);
      await storage.write('week=1/x', 'rows', signal);
      expect(await storage.isDuplicate('week=1/x', 'files/x.data', signal)).toBe(false);
      expect(await textOf('files/x.data')).toBe('rows');
      expect(await readFile(file, 'utf8')).toBe('rows');
    });

    it('removes objects, and all below a prefix', async () => {
      for (const key of ['a/b/1', 'a/b/2', 'a/bc/1']) await storage.write(key, key, signal);
      await storage.removeAll('a/b', signal);
      await storage.remove('a/nothing', signal);
      await storage.removeAll('nothing', signal);
      expect(await keys()).toEqual(['a/bc/1']);
    });

    it('stops when the signal is aborted', async () => {
      const aborted = AbortSignal.abort(new Error('enough'));
      await expect(storage.write('a', 'x', aborted)).rejects.toThrow('enough');
      await expect(storage.create('a', 'x', aborted)).rejects.toThrow('enough');
      expect(await keys()).toEqual([]);
    });

    it('tells the time by the clock that stamps objects, to the second', async () => {
      const before = await storage.now(signal);
      await storage.write('a', 'x', signal);
      const [entry] = await storage.list('a', signal);
      const sinceMs = Number(entry?.modifiedAt.getTime()) - before.getTime();
      expect(sinceMs).toBeGreaterThanOrEqual(-1_000);
      expect(sinceMs).toBeLessThan(5_000);
    });
  });

  describe(`publishing in ${name}`, () => {
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
      expect(await harness.names()).toEqual(['a']);
      expect(await keys()).toEqual(['stage/10/a']);
    });

    it('takes an object away only while the staged one is there', async () => {
      await storage.write('week=1/a', 'rows', signal);
      await storage.write('week=2/a', 'rows', signal);
      await storage.write('stage/1/week=1', '', signal);
      expect(await storage.retire('week=1/a', 'stage/1/week=1', signal)).toBe('retired');
      expect((await textOf('week=1/a')) ?? '').toBe('');
      await storage.write('stage/1/week=3', '', signal);
      expect(await storage.retire('week=3/a', 'stage/1/week=3', signal)).toBe('absent');
      await storage.revoke('stage/1', signal);
      expect(await storage.retire('week=2/a', 'stage/1/week=2', signal)).toBe('missing');
      expect(await textOf('week=2/a')).toBe('rows');
    });
  });
}
