import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { load, noPython, openSession, pyarrow } from './harness.ts';

const LOADS = 20;
const WEEKS = { 24: 50, 25: 60, 26: 70, 27: 80 };

interface Watched {
  readonly reads: number;
  readonly writers: number;
  readonly mixtures: readonly unknown[];
}

const describeJudged = noPython === '' ? describe : describe.skip;

describeJudged(`a reader of the manifest${noPython}`, () => {
  it('sees one load or the next, never a mixture, while loads replace all weeks', async () => {
    const path = await mkdtemp(join(tmpdir(), 'dray-parquet-'));
    const stop = `${path}.stop`;
    await using session = await openSession();
    await load(session, path, { by: 'load 0', rows: WEEKS });
    const watching = pyarrow<Watched>(path, stop);
    for (let n = 1; n <= LOADS; n++) {
      await load(session, path, { by: `load ${String(n)}`, rows: WEEKS });
    }
    await writeFile(stop, '');
    const { reads, writers, mixtures } = await watching;
    expect(mixtures).toEqual([]);
    expect(reads).toBeGreaterThan(1);
    expect(writers).toBeGreaterThan(1);
    await rm(stop);
    await rm(path, { recursive: true });
  });
});
