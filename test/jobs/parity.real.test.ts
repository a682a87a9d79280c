import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import { noFailpoints } from '../../core/failpoint.ts';
import { openEngine } from '../../entry/engines.ts';
import { createJob } from '../../jobs/factory.ts';
import type { EngineContext } from '../../jobs/job.ts';
import { compareEngines, type ParityOptions } from '../../jobs/parity.ts';
import type { FunctionName } from '../../plan/functions.ts';
import { openFileStorage } from '../../state/artifacts/file.ts';
import { faulty } from '../plan/parity/faulty.ts';

const SAMPLE = join(import.meta.dirname, '../../data/sample');
const CONFIG = {
  extractor_config: { strategy: 'PARQUET', source_table: join(SAMPLE, 'promotions') },
  products_table: join(SAMPLE, 'products.parquet'),
};
const { signal } = new AbortController();

/** Compares bulk with a row engine that does some functions as if they were others. */
async function compare(
  instead: Partial<Record<FunctionName, FunctionName>>,
  options: Partial<ParityOptions> = {},
) {
  const context: EngineContext = {
    clock: systemClock,
    failpoints: noFailpoints,
    openStorage: (location) => openFileStorage(location, systemClock),
    resolveSecret: () => Promise.reject(new Error('there is no secret')),
    warn: () => undefined,
    async openEngine(engine, session, each) {
      const surroundings = { clock: systemClock, extensionDirs: [], sparkRemote: undefined };
      const plans = await openEngine(engine, { ...session, runId: 'parity' }, surroundings, each);
      return engine === 'row' ? faulty(plans, instead) : plans;
    },
  };
  return await compareEngines(
    await createJob('load_promos', CONFIG).computation(context),
    {
      engines: ['bulk', 'row', 'bigdata'],
      rows: 2000,
      window: undefined,
      hasSpark: false,
      ...options,
    },
    context,
    signal,
  );
}

describe('comparing engines over a sample of a job', () => {
  it('finds the same rows, and says which engine it left out and why', async () => {
    const { engines, leftOut, culprit, sampleRows, sourceRows } = await compare({});
    expect(engines.map(({ engine, difference }) => [engine, difference])).toEqual([
      ['bulk', undefined],
      ['row', undefined],
    ]);
    expect(engines[0]?.rows).toBeGreaterThan(1500);
    expect(leftOut).toEqual([{ engine: 'bigdata', reason: 'SPARK_REMOTE is not set' }]);
    expect(culprit).toBeUndefined();
    expect([sampleRows < 20_000, sourceRows]).toEqual([true, 441_984]);
  });

  it('takes the rows of a window from all over the source', async () => {
    const window = { startDate: '2017-06-05', endDate: '2017-06-12' };
    const { engines } = await compare({}, { window });
    expect(engines[1]?.rows).toBeGreaterThan(1000);
    expect(engines[1]?.difference).toBeUndefined();
  });

  it('names the first differing row by its key, and the expression that made it', async () => {
    const { engines, culprit } = await compare({ minus: 'plus' });
    expect(engines[1]?.difference).toMatchObject({
      kind: 'value',
      key: expect.stringMatching(/^promo_id "[0-9a-f]{32}"$/),
      column: 'start_date',
      left: expect.stringMatching(/^2017-/),
    });
    expect(culprit).toMatchObject({
      expression: 'minus(week, 1)',
      input: { week: expect.any(Number) },
    });
  });

  it('names a row that one engine lacks, and the expression that its key is made of', async () => {
    const { engines, culprit } = await compare({ md5: 'sha256' });
    expect(engines[1]?.difference).toMatchObject({ kind: 'row' });
    expect(culprit).toMatchObject({
      expression: expect.stringMatching(/^md5\(concat\(/),
      values: [
        expect.stringMatching(/^"[0-9a-f]{32}"$/),
        expect.stringMatching(/^"[0-9a-f]{64}"$/),
      ],
    });
  });

  it('compares what is filtered and quarantined as well', async () => {
    const window = { startDate: '2017-06-05', endDate: '2017-06-12' };
    const { engines } = await compare({ lessOrEqual: 'less' }, { window });
    expect(engines[1]?.difference).toMatchObject({ kind: 'figure', name: 'filtered' });
  });

  it('refuses to compare one engine with nothing', async () => {
    const alone = compare({}, { engines: ['row', 'bigdata'] });
    await expect(alone).rejects.toThrow(JobError);
    await expect(alone).rejects.toThrow(/fewer than two of row, bigdata .* SPARK_REMOTE/);
  });
});
