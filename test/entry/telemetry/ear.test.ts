import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import type { RunStore } from '../../../core/run-store.ts';
import type { Submitter } from '../../../core/submitter.ts';
import { openEar } from '../../../entry/submit/ear.ts';
import type { Destination } from '../../../entry/submit/platforms.ts';
import type { Submitted } from '../../../entry/submit/watch.ts';
import type { SubmitServices } from '../../../platforms/submit-once.ts';
import { openSqliteStore } from '../../../state/sqlite/store.ts';
import { testClock } from '../../twins/clock.ts';

const { signal } = new AbortController();
const denied = () => new JobError('TARGET_DENIED', 'no');

let store: RunStore;
/** What is in the volume, and what it answers for what is not. */
let objects: Map<string, string>;
let missing: () => Uint8Array | undefined;
let said: string[];
beforeEach(async () => {
  store = await openSqliteStore(':memory:');
  objects = new Map();
  missing = () => undefined;
  said = [];
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

async function open() {
  const submitter = {
    readFile(path: string) {
      const text = objects.get(path.replace('/Volumes/results/r.1.telemetry/', ''));
      return new Promise((resolve) => {
        resolve(text === undefined ? missing() : new TextEncoder().encode(text));
      });
    },
  } as unknown as Submitter;
  const clock = testClock();
  const surroundings = { env: {}, cwd: '/', nodeVersion: '24.0.0', clock };
  return await openEar(
    { runId: 'r', attempt: 1, remoteId: '7' } as Submitted,
    { resultPrefix: '/Volumes/results' } as Destination,
    { submitter, clock, random: () => 0 } as unknown as SubmitServices,
    {
      ...{ store, surroundings: surroundings as never },
      err(line) {
        said.push(line);
      },
    },
  );
}

/** An object with messages `from` to `to` of a process; the first begins the run. */
function put(name: string, stream: string, from: number, to: number): void {
  const lines = Array.from({ length: to - from + 1 }, (_, index) => {
    const number = from + index;
    const body =
      number === 1
        ? {
            ...{ kind: 'start', job: 'j', window: null, created_by: 'c' },
            ...{ service_provider: 'databricks', config: {} },
          }
        : { kind: 'event', type: `${stream}${String(number)}`, data: {} };
    const message = {
      ...{ schema: 'dray.telemetry/1', run_id: 'r', attempt: 1, stream, number, store: 'far' },
      ...{ at: '2017-06-12T02:00:00.000Z', ...body },
    };
    return JSON.stringify(message);
  });
  objects.set(name, `${lines.join('\n')}\n`);
}

const types = async () => (await store.listEvents('r')).map(({ type }) => type);

it('reads the objects of each process in their order, and goes on where the one before stopped', async () => {
  put('1-000001.jsonl', 'a', 1, 2);
  put('1-000002.jsonl', 'a', 3, 4);
  const first = await open();
  const fresh = await first.keep((await first.read?.(signal)) ?? []);
  expect(fresh.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  // The platform has started the process again, whose predecessor still had something to say.
  put('1-000003.jsonl', 'a', 5, 5);
  put('2-000001.jsonl', 'b', 1, 2);
  objects.delete('1-000001.jsonl');
  const second = await open();
  const news = await second.keep((await second.read?.(signal)) ?? []);
  expect(news.map(({ stream, number }) => `${stream}${String(number)}`)).toEqual([
    'a5',
    'b1',
    'b2',
  ]);
  await second.drain();
  expect(await types()).toEqual(['run.started', 'a2', 'a3', 'a4', 'a5', 'run.restarted', 'b2']);
  expect(said).toEqual([]);
});

it('takes a denial for what is not there yet, as long as anything can be read', async () => {
  missing = () => {
    throw denied();
  };
  put('1-000001.jsonl', 'a', 1, 2);
  await (await open()).drain();
  expect([await types(), said]).toEqual([['run.started', 'a2'], []]);
  objects.clear();
  await store.keepTelemetry('r', 1, [], '[]');
  await (await open()).drain();
  expect(said).toEqual(['what the run tells cannot be read: no']);
});

it('loses neither the run nor what it has read when the place fails, and says so once', async () => {
  missing = () => {
    throw new JobError('TARGET_FAILED', 'broken');
  };
  const ear = await open();
  expect(await ear.read?.(signal)).toEqual([]);
  expect(await ear.read?.(signal)).toEqual([]);
  put('1-000001.jsonl', 'a', 1, 2);
  expect(await ear.read?.(signal)).toHaveLength(2);
  expect(said).toEqual(['what the run tells cannot be read: broken']);
});
