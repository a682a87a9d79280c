import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { describeParquetCommits } from './commit-suite.ts';
import { ownFiles } from './harness.ts';

describeParquetCommits('a folder', async () => {
  const location = await mkdtemp(join(tmpdir(), 'dray-parquet-'));
  return {
    location,
    openStorage: openFileStorage,
    storage: openFileStorage(location),
    ownFiles: () => ownFiles(location),
    close: () => rm(location, { recursive: true }),
  };
});
