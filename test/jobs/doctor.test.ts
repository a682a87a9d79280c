import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import type { OpenStorage } from '../../core/storage.ts';
import { engineOpener } from '../../entry/context.ts';
import { processSurroundings } from '../../entry/process.ts';
import { hostFinding } from '../../jobs/doctor/network.ts';
import { storageFinding } from '../../jobs/doctor/storage.ts';
import { tableFinding } from '../../jobs/doctor/table.ts';
import type { EngineContext } from '../../jobs/job.ts';
import { resultLine } from '../../jobs/result-line.ts';
import { storageOpener } from '../../state/artifacts/open.ts';

const forever = new AbortController().signal;
const openStorage = storageOpener({}, systemClock);

describe('the probe', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dray-doctor-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  describe('of storage', () => {
    it('leaves nothing of what it has written', async () => {
      const found = await storageFinding(folder, openStorage, forever);
      expect(found).toMatchObject({ verdict: 'ok' });
      expect(await readdir(folder)).toEqual([]);
    });

    it('finds out a storage that lets a second writer in', async () => {
      const careless: OpenStorage = (location) => {
        const storage = openStorage(location);
        return {
          ...storage,
          async create(key, content, signal) {
            await storage.write(key, content, signal);
            return true;
          },
        };
      };
      const found = await storageFinding(folder, careless, forever);
      expect(found).toMatchObject({ verdict: 'red', text: expect.stringMatching(/second writer/) });
      expect(await readdir(folder)).toEqual([]);
    });

    it('says what keeps it from writing', async () => {
      const file = join(folder, 'file');
      await writeFile(file, '');
      const found = await storageFinding(join(file, 'below'), openStorage, forever);
      expect(found).toMatchObject({ verdict: 'red', fix: expect.stringMatching(/./) });
      await rm(file);
    });
  });

  describe('of the network', () => {
    it('tells a host that accepts from one that does not', async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const place = `127.0.0.1:${String(port)}`;
      expect(await hostFinding(place, systemClock, forever)).toMatchObject({ verdict: 'ok' });
      server.close();
      await once(server, 'close');
      expect(await hostFinding(place, systemClock, forever)).toMatchObject({
        ...{ verdict: 'red', text: expect.stringContaining('ECONNREFUSED') },
      });
    });
  });

  describe('of a Delta table', () => {
    const open = engineOpener(processSurroundings());
    const context: Pick<EngineContext, 'openEngine' | 'openStorage'> = {
      openStorage,
      openEngine: (engine, options, signal) => open(engine, { ...options, runId: 'probe' }, signal),
    };
    const metaData = {
      ...{ id: 'a', format: { provider: 'parquet', options: {} }, partitionColumns: [] },
      ...{ schemaString: '{"type":"struct","fields":[]}', configuration: {}, createdTime: 0 },
    };

    async function table(name: string, protocol: object): Promise<string> {
      const path = join(folder, name);
      await mkdir(join(path, '_delta_log'), { recursive: true });
      const lines = [{ protocol }, { metaData }].map((action) => JSON.stringify(action));
      await writeFile(
        join(path, '_delta_log', '00000000000000000000.json'),
        `${lines.join('\n')}\n`,
      );
      return path;
    }

    it('tells version, files and features of one that dray writes', async () => {
      const features = { readerFeatures: [], writerFeatures: ['appendOnly', 'invariants'] };
      const path = await table('fine', { minReaderVersion: 3, minWriterVersion: 7, ...features });
      expect(await tableFinding(path, context, forever)).toMatchObject({
        ...{ verdict: 'ok', text: 'version 0, 0 files, protocol 3/7: appendOnly, invariants' },
      });
    });

    it('names the feature that dray lacks', async () => {
      const features = { readerFeatures: ['deletionVectors'], writerFeatures: ['deletionVectors'] };
      const path = await table('vectors', {
        minReaderVersion: 3,
        minWriterVersion: 7,
        ...features,
      });
      expect(await tableFinding(path, context, forever)).toMatchObject({
        ...{ verdict: 'red', text: expect.stringContaining('deletionVectors') },
      });
    });

    it('says that there is none', async () => {
      expect(await tableFinding(join(folder, 'none'), context, forever)).toMatchObject({
        ...{ verdict: 'red', text: 'there is no Delta table' },
      });
    });
  });

  it('keeps its line below 16 kB whatever it finds', () => {
    const long = 'x'.repeat(5000);
    const finding = { name: long, verdict: 'red', text: long, fix: long } as const;
    const findings = Array.from({ length: 50 }, () => finding);
    const run = { runId: 'r'.repeat(128), attempt: 1, job: 'doctor', createdBy: 'x' };
    const counts = { read: 0, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 };
    const line = resultLine(
      { ...run, startedAt: systemClock.now(), force: false, dryRun: false },
      { platform: 'glue', evidence: '', hasSpark: false },
      {
        rules: [],
        outcome: {
          ...{ engine: 'row', engineReason: '', source: '', findings, counts, sinks: [] },
          contract: { columns: [], key: [], partitionBy: '', validity: { from: '', to: '' } },
          ...{ rules: [], partitions: [], warnings: [], extraColumns: [], schemaChanges: [] },
        },
      },
      undefined,
      (text) => text,
    );
    expect(JSON.stringify(line).length).toBeLessThan(16_000);
  });
});
