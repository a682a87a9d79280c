import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import {
  type BigdataOptions,
  type BigdataSession,
  openBigdataEngine,
} from '../../../engines/bigdata/session.ts';
import { sparkVersions, type UsedSpark, useSpark, withoutSpark } from '../../spark/server.ts';

export const forever = new AbortController().signal;
/** On every operation of the suites. */
export const TAG = 'run-7';
/** Takes many minutes when nobody interrupts it. */
export const ENDLESS = 'select count(*) as n from range(100000000000) where id % 7 = 3';

export interface OnSpark {
  readonly version: string;
  /** Whether Spark is of version 4 or later. */
  readonly isSpark4: boolean;
  remote(): string;
  open(options?: Partial<BigdataOptions>): Promise<BigdataSession>;
}

const describeEach = withoutSpark === '' ? describe.each(sparkVersions) : describe.skip.each(['']);

/** A suite with one server for each version of Spark that is here. */
export function describeOnSpark(title: string, suite: (spark: OnSpark) => void): void {
  describeEach(`${title} on Spark %s${withoutSpark}`, (version) => {
    let server: UsedSpark;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'dray-bigdata-'));
      server = await useSpark(version);
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    suite({
      version,
      isSpark4: !version.startsWith('3.'),
      remote: () => server.remote,
      open: async (options) =>
        await openBigdataEngine(
          { remote: server.remote, tempDir: folder, tags: [TAG], ...options },
          systemClock,
          forever,
        ),
    });
  });
}

/** What a promise fails with; never rejects itself. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return new Error('it did not fail');
}
