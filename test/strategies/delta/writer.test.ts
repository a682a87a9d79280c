import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { Sink, StrategyContext } from '../../../core/strategy.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { deltaWriter } from '../../../strategies/writers/delta/writer.ts';
import { CONTRACT } from './contract.ts';

const session = { useStorage: () => Promise.resolve() } as unknown as SqlSession;
const context: StrategyContext = {
  clock: systemClock,
  openStorage: openFileStorage,
  failpoints: noFailpoints,
  resolveSecret: () => Promise.reject(new Error('no secrets here')),
  warn: () => undefined,
};

async function open(config: object): Promise<Sink | undefined> {
  const parsed = deltaWriter.config.parse({
    strategy: 'DELTA',
    path: '/data/promotions',
    ...config,
  });
  const request = { job: 'j', runId: 'r', attempt: 1, mode: parsed.mode, contract: CONTRACT };
  return await deltaWriter.on.bulk?.(session, parsed, request, context, AbortSignal.timeout(1_000));
}

describe('the Delta writer', () => {
  it('runs on every engine and replaces the window by default', () => {
    expect(Object.keys(deltaWriter.on)).toEqual(['row', 'bulk', 'bigdata']);
    expect(deltaWriter.config.parse({ strategy: 'DELTA', path: 'x' }).mode).toBe(
      'overwrite_window',
    );
    expect(deltaWriter.modes).toContain('merge');
  });

  it('names its target and its kind without touching it', async () => {
    for (const partitionBy of ['week', ['week'], ['week', 'name', 'day']]) {
      expect(await open({ partitionBy, options: {} })).toMatchObject({
        kind: 'delta',
        target: '/data/promotions',
      });
    }
  });

  it.each([
    [
      'a property of Delta that no load keeps',
      { options: { 'delta.enableChangeDataFeed': 'true' } },
      /no table property "delta.enableChangeDataFeed"/,
    ],
    [
      'another word on other writers',
      { options: { 'dray.otherWriters': 'maybe' } },
      /"dray.otherWriters" cannot be "maybe"/,
    ],
    ['another partition column', { partitionBy: 'name' }, /by "name": "week" has to be the first/],
    ['no partition column', { partitionBy: [] }, /"week" has to be the first, since a window/],
    ['the week behind another', { partitionBy: ['day', 'week'] }, /"week" has to be the first/],
    ['the key', { partitionBy: ['week', 'id'] }, /"id" is the key, so that every row would be/],
    [
      'a float',
      { partitionBy: ['week', 'ratio'] },
      /"ratio" is float64, whose values have no text/,
    ],
    ['a column twice', { partitionBy: ['week', 'day', 'day'] }, /a column is there twice/],
    ['no column of the job', { partitionBy: ['week', 'shop'] }, /"shop" is no column of the job/],
  ])('refuses %s instead of ignoring it', async (_, config, message) => {
    const opening = open(config);
    await expect(opening).rejects.toMatchObject({ code: 'NOT_SUPPORTED', exitCode: 2 });
    await expect(opening).rejects.toThrow(message);
  });

  it('takes a size of files that is one', async () => {
    await expect(open({ targetFileSizeMb: 64 })).resolves.toMatchObject({ kind: 'delta' });
    await expect(open({ targetFileSizeMb: 0 })).rejects.toThrow('targetFileSizeMb');
    await expect(open({ options: { 'delta.targetFileSize': 'large' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: '"delta.targetFileSize" cannot be "large"',
    });
  });

  it('knows no table name and no empty path', () => {
    const { config } = deltaWriter;
    expect(config.safeParse({ strategy: 'DELTA', path: 'x', table: 'y' }).success).toBe(false);
    expect(config.safeParse({ strategy: 'DELTA', path: '' }).success).toBe(false);
  });
});
