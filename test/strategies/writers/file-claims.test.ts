import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { acquireClaim } from '../../../core/claims.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { stageFolder } from '../../../strategies/writers/claim-file.ts';
import { type FileClaimStore, fileClaimStore } from '../../../strategies/writers/file-claims.ts';
import { processClock } from '../../conformance/claims/clock.ts';
import { type ClaimHarness, describeClaimStore } from '../../conformance/claims/suite.ts';

const signal = new AbortController().signal;

async function fileClaims(): Promise<ClaimHarness & { readonly store: FileClaimStore }> {
  const root = await mkdtemp(join(tmpdir(), 'dray-claims-'));
  const folder = join(root, '_dray/claims');
  const storage = openFileStorage(root);
  return {
    store: fileClaimStore(storage, '_dray', () => Promise.resolve()),
    async advance(ms) {
      for (const name of await readdir(folder)) {
        const { mtimeMs } = await stat(join(folder, name));
        const older = new Date(mtimeMs - ms);
        await utimes(join(folder, name), older, older);
      }
    },
    forget: (number) => rm(join(folder, `${String(number).padStart(8, '0')}.json`)),
    close: () => rm(root, { recursive: true }),
  };
}

describeClaimStore('a folder', fileClaims);

it('makes what a superseded claim has staged unpublishable', async () => {
  const root = await mkdtemp(join(tmpdir(), 'dray-claims-'));
  const storage = openFileStorage(root);
  const store = fileClaimStore(storage, '_dray', () => Promise.resolve());
  const request = {
    target: root,
    runId: 'a',
    startedAt: '2017-02-01T08:00:00Z',
    lockTimeoutMs: 0,
    random: Math.random,
  };
  const claim = (attempt: number) =>
    acquireClaim(store, { ...request, attempt, onWait: () => undefined }, processClock(), signal);
  await using first = await claim(1);
  const staged = `${stageFolder('_dray', first.number)}/week=1.data`;
  await storage.write(staged, 'rows', signal);
  await using second = await claim(2);
  expect(second.number).toBeGreaterThan(first.number);
  const published = await storage.publish(staged, 'week=1/x', { ifAbsent: false }, signal);
  expect(published).toBe('missing');
  await rm(root, { recursive: true });
});

it('keeps about 200 claims, and the one that is held', async () => {
  const harness = await fileClaims();
  const { store } = harness;
  const record = { runId: 'a', attempt: 1, startedAt: '2017-02-01T08:00:00Z', released: true };
  const january = { startDate: '2017-01-01', endDate: '2017-02-01' };
  const later = { startDate: '2017-02-01', endDate: '2017-03-01' };
  await store.create({ ...record, number: 1, released: false, window: january }, signal);
  for (let number = 2; number <= 208; number++) {
    await store.list(signal);
    await store.create({ ...record, number, window: later }, signal);
    await store.keep(number, () => true, signal);
  }
  const numbers = (await store.list(signal)).map(({ number }) => number);
  expect(numbers).toHaveLength(200);
  expect(numbers.slice(0, 2)).toEqual([1, 10]);
  expect(numbers.at(-1)).toBe(208);
  await harness.close();
});
