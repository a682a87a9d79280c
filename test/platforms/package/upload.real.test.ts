import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import {
  type Artifact,
  artifactFrom,
  type PackageManifest,
  readManifest,
} from '../../../platforms/package/manifest.ts';
import { destinationOf, uploadPackage } from '../../../platforms/package/upload.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { BUCKET, startS3 } from '../../aws/s3.ts';
import { type FileServer, startFileServer } from './file-server.ts';

const forever = new AbortController().signal;
const WHEEL = Buffer.alloc(2_500_000, 'wheel ');
const FILES: readonly (readonly [Artifact['kind'], string, Buffer])[] = [
  ['launcher', 'generic_entry.py', Buffer.from('import dray_launcher')],
  ['spark-jar', 'token.jar', Buffer.alloc(0)],
  ['wheel', 'dray_entry-1.0+habc-py3-none-any.whl', WHEEL],
  ['emr-archive', 'dray-emr-linux-x64.tar.gz', Buffer.from('tar')],
  ['glue-job', 'glue-job.json', Buffer.from('{}')],
];

let out: string;
let manifest: PackageManifest;

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'dray-upload-'));
  for (const [, file, content] of FILES) await writeFile(join(out, file), content);
  const artifacts = FILES.map(([kind, file, content]) => artifactFrom({ kind, file }, content));
  manifest = { schema: 'dray.package/1', version: '1.0+habc', jobs: ['load_promos'], artifacts };
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

const quick = { ...systemClock, sleep: () => Promise.resolve() };

async function upload(
  given: string,
  server?: FileServer,
  openStorage = () => {
    throw new Error('no bucket here');
  },
): Promise<PackageManifest> {
  const workspace = server ?? { host: '', token: '' };
  const surroundings = { openStorage, workspace, clock: quick, random: () => 0.5 };
  return await uploadPackage(out, manifest, destinationOf(given, surroundings), forever);
}

describe.each([
  ['a volume', '/Volumes/main/jobs/files/dray'],
  ['DBFS', 'dbfs:/jobs/dray'],
])('an upload to %s', (_name, folder) => {
  let server: FileServer;
  const below = `${folder.replace('dbfs:', '')}/1.0-habc`;
  beforeEach(async () => {
    server = await startFileServer();
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
  });

  it('brings every file that Databricks has a use for, whole, and says where', async () => {
    const uploaded = await upload(folder, server);
    const wheel = FILES[2]?.[1] ?? '';
    expect([...server.files.keys()].sort()).toEqual(
      ['generic_entry.py', 'token.jar', wheel, 'manifest.json'].map((f) => `${below}/${f}`).sort(),
    );
    expect(server.files.get(`${below}/${wheel}`)?.equals(WHEEL)).toBe(true);
    expect(uploaded.location).toBe(`${folder}/1.0-habc`);
    expect(uploaded.artifacts.find(({ kind }) => kind === 'wheel')?.uri).toBe(
      `${folder}/1.0-habc/${wheel}`,
    );
    const kept = await readManifest(join(out, 'manifest.json'));
    expect(kept.artifacts).toEqual(expect.arrayContaining([...uploaded.artifacts]));
    expect(kept.artifacts.map(({ kind }) => kind)).toContain('emr-archive');
  });

  it('comes a second time to the same', async () => {
    const first = await upload(folder, server);
    const before = new Map(server.files);
    expect(await upload(folder, server)).toEqual(first);
    expect(server.files).toEqual(before);
  });

  it('replaces nothing', async () => {
    const other = Buffer.from('of somebody else');
    server.files.set(`${below}/generic_entry.py`, other);
    await expect(upload(folder, server)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
    expect([...server.files]).toEqual([[`${below}/generic_entry.py`, other]]);
  });

  it('goes on after a busy workspace and a broken connection', async () => {
    server.faults.push(429, 'hang up', 503);
    await upload(folder, server);
    expect(server.faults).toEqual([]);
    expect(server.files.get(`${below}/${FILES[2]?.[1] ?? ''}`)?.equals(WHEEL)).toBe(true);
  });

  it('goes on after each answer in turn that got lost', async () => {
    for (let before = 0; before < 8; before++) {
      server.files.clear();
      server.faults.push(...new Array<undefined>(before), 'lose the answer');
      await upload(folder, server);
      expect(server.files.get(`${below}/${FILES[2]?.[1] ?? ''}`)?.equals(WHEEL)).toBe(true);
      expect(server.files.size).toBe(4);
    }
  });

  it('notices that a file has not arrived whole', async () => {
    server.losesTheEnd = true;
    await expect(upload(folder, server)).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('after the upload of'),
    });
  });

  it('says that the token is refused', async () => {
    const refused = upload(folder, { ...server, token: 'wrong' });
    await expect(refused).rejects.toMatchObject({ code: 'TARGET_DENIED' });
  });
});

describe('an upload', () => {
  it('does not bring a file that was changed after the package was made', async () => {
    await using server = await startFileServer();
    await writeFile(join(out, 'generic_entry.py'), 'changed');
    await expect(upload('dbfs:/x', server)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(server.files.size).toBe(0);
  });
});

(withoutMoto === '' ? describe : describe.skip)(`an upload to S3${withoutMoto}`, () => {
  it('brings everything, comes a second time to the same, and replaces nothing', async () => {
    await using s3 = await startS3();
    const folder = `s3://${BUCKET}/jobs/`;
    const uploaded = await upload(folder, undefined, s3.openStorage as never);
    expect(uploaded.artifacts.map(({ uri }) => uri)).toEqual(
      FILES.map(([, file]) => `s3://${BUCKET}/jobs/1.0-habc/${file}`),
    );
    const glueJob = JSON.parse(await readFile(join(out, 'glue-job.json'), 'utf8')) as unknown;
    expect(glueJob).toMatchObject({
      Command: { ScriptLocation: `s3://${BUCKET}/jobs/1.0-habc/generic_entry.py` },
    });
    const storage = s3.openStorage(`s3://${BUCKET}/jobs/1.0-habc`);
    const read = await storage.read(FILES[2]?.[1] ?? '', forever);
    expect(Buffer.from(read ?? []).equals(WHEEL)).toBe(true);
    expect(await upload(folder, undefined, s3.openStorage as never)).toEqual(uploaded);
    await storage.write('token.jar', 'of somebody else', forever);
    await expect(upload(folder, undefined, s3.openStorage as never)).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('token.jar'),
    });
  });
});
