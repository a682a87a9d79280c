import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openFileStorage } from '../../state/artifacts/file.ts';

const signal = new AbortController().signal;
const ROOT_USER = process.getuid?.() === 0;

const device = mkdtempSync(join(tmpdir(), 'dray-full-'));
const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', device]);
const isMounted = mount.status === 0;
const whyNot = ROOT_USER ? 'this machine does not mount a tmpfs' : 'only root can mount a tmpfs';
const describeFull = isMounted ? describe : describe.skip;

afterAll(async () => {
  if (isMounted) spawnSync('umount', [device]);
  await rm(device, { recursive: true });
});

describeFull(`a full device${isMounted ? '' : ` (skipped: ${whyNot})`}`, () => {
  it('is DISK_FULL, and leaves the old object and no half of the new one', async () => {
    const storage = openFileStorage(device);
    await storage.write('a/old', 'old', signal);
    const local = await mkdtemp(join(tmpdir(), 'dray-big-'));
    const big = join(local, 'big');
    await writeFile(big, new Uint8Array(1024 * 1024));
    const full = {
      code: 'DISK_FULL',
      message: `no space left for "a/old" in "${device}"`,
      hint: expect.stringContaining('choose another path'),
      cause: expect.objectContaining({ code: 'ENOSPC' }),
    };
    await expect(storage.upload(big, 'a/old', signal)).rejects.toMatchObject(full);
    await expect(storage.write('a/old', new Uint8Array(1024 * 1024), signal)).rejects.toMatchObject(
      full,
    );
    expect(await readdir(join(device, 'a'))).toEqual(['old']);
    expect(await storage.read('a/old', signal)).toHaveLength(3);
    await rm(local, { recursive: true });
  });
});

describe('a folder without permission', () => {
  it('is TARGET_DENIED for a user who may not write there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dray-denied-'));
    await chmod(folder, 0o555);
    if (ROOT_USER) process.seteuid?.(65534);
    try {
      const denied = openFileStorage(folder).write('a', 'x', signal);
      await expect(denied).rejects.toMatchObject({
        code: 'TARGET_DENIED',
        message: expect.stringContaining(`"a" in "${folder}"`),
      });
    } finally {
      if (ROOT_USER) process.seteuid?.(0);
      await rm(folder, { recursive: true });
    }
  });
});
