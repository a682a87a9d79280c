import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { chown, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, expectLoads, openScene, type Scene, WINDOW } from './scene.ts';

const ROOT_USER = process.getuid?.() === 0;
const mounts =
  ROOT_USER &&
  spawnSync('sh', [
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d" && rmdir "$d"',
  ]).status === 0;
const whyNot = ROOT_USER ? 'this machine does not mount a tmpfs' : 'only root can mount a tmpfs';
const describeFull = mounts ? describe : describe.skip;
const mounted: string[] = [];
let scene: Scene;

beforeAll(async () => {
  if (mounts) scene = await openScene();
});
afterAll(async () => {
  for (const path of mounted) spawnSync('umount', [path]);
  if (mounts) await scene[Symbol.asyncDispose]();
});

/** A small disk at `path`. What the folder held before is moved onto it. */
async function smallDisk(path: string, size: string): Promise<void> {
  const aside = `${path}.aside`;
  await mkdir(path, { recursive: true });
  spawnSync('mv', [path, aside]);
  await mkdir(path);
  const { status, stderr } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${size},mode=0755`,
    'tmpfs',
    path,
  ]);
  if (status !== 0) throw new Error(String(stderr));
  mounted.push(path);
  if (readdirSync(aside).length > 0) spawnSync('sh', ['-c', `cp -a '${aside}/.' '${path}/'`]);
}

/** Leaves so many bytes free on the disk of a folder; returns the file that took the rest. */
async function fill(folder: string, leave: number): Promise<string> {
  const { bavail, bsize } = await statfs(folder);
  const file = join(folder, 'filler');
  await writeFile(file, new Uint8Array(Math.max(0, bavail * bsize - leave)));
  return file;
}

describeFull(`a full disk${mounts ? '' : ` (skipped: ${whyNot})`}`, () => {
  it.each(['unity', 'stage'] as const)(
    'under %s ends the run with exit 1, no sink has any of it, and after making room it loads',
    async (sink) => {
      const folder = scene.at[sink];
      await smallDisk(folder, '512k');
      const args = await scene.args({}, [...WINDOW, '--force']);
      // Room for a claim and not for the rows, and then for nothing at all.
      for (const leave of [40_000, 0]) {
        const filler = await fill(folder, leave);
        await expectFailure(scene, args, {
          exit: 1,
          code: 'DISK_FULL',
          says: [folder, 'no space left', 'free some space'],
        });
        await rm(filler);
      }
      await expectLoads(scene, args);
    },
  );

  it('under Postgres ends the run with exit 1, and no sink has any of it', async () => {
    const { world } = scene;
    const folder = join(world.folder, 'tablespace');
    await smallDisk(folder, '512k');
    const owner = statSync(`/proc/${String(world.postgres.pid)}`);
    await chown(folder, owner.uid, owner.gid);
    await world.query(`create tablespace small location '${folder}'`);
    await world.query(`alter role ${world.postgres.user} set default_tablespace = small`);
    await expectFailure(
      scene,
      await scene.args({}, ['--start_date', '2017-06-12', '--end_date', '2017-06-19']),
      {
        exit: 1,
        code: 'DISK_FULL',
        says: [scene.at.table, 'No space left on device', 'free some space on the server'],
      },
    );
    await world.query(`alter role ${world.postgres.user} reset default_tablespace`);
    await expectLoads(
      scene,
      await scene.args({}, ['--start_date', '2017-06-12', '--end_date', '2017-06-19']),
    );
  });

  it('for the result ends the run with exit 1 and names the setting', async () => {
    const folder = join(scene.world.folder, 'scratch-disk');
    await smallDisk(folder, '64k');
    const args = await scene.args({ resources: { temp_dir: folder } }, [
      '--start_date',
      '2017-05-29',
      '--end_date',
      '2017-06-19',
    ]);
    await expectFailure(scene, args, {
      exit: 1,
      code: 'DISK_FULL',
      says: [folder, '"temp_dir"'],
    });
  });

  it('for the run store ends the run with exit 1 before anything is claimed', async () => {
    const folder = join(scene.world.folder, 'home-disk');
    await smallDisk(folder, '64k');
    await fill(folder, 4096);
    const args = await scene.args({}, ['--start_date', '2017-05-29', '--end_date', '2017-06-19']);
    const { stderr } = await expectFailure(
      scene,
      args,
      { exit: 1, code: 'DISK_FULL', says: [folder] },
      { DRAY_HOME: folder },
    );
    expect(stderr).not.toContain('claim');
  });
});
