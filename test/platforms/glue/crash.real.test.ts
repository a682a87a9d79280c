import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noFailpoints } from '../../../core/failpoint.ts';
import { parseConfig } from '../../../core/wire.ts';
import { glueSettings } from '../../../platforms/glue/settings.ts';
import { glueSubmitter } from '../../../platforms/glue/submitter.ts';
import { type TestClock, testClock } from '../../twins/clock.ts';
import { type GlueTwin, startGlueTwin } from '../../twins/glue.ts';
import { CREDENTIALS } from '../../aws/moto.ts';
import { Died, dieAt, POINTS, submits } from '../process.ts';

const TIMES = Number(process.env['DRAY_TEST_CRASHES'] ?? 20);
const HIDDEN_MS = 10_000;

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('submitting to Glue once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-crash-'));
  const before = { ...process.env };
  let clock: TestClock;
  let twin: GlueTwin;
  const settings = parseConfig(glueSettings, {
    ...{ role: 'promos', script_location: 's3://artifacts/generic_entry.py' },
    ...{ region: 'eu-central-1', max_concurrent_runs: 1000 },
  });
  const open = () => glueSubmitter({ settings, job: 'load_promos', endpoint: twin.endpoint });
  const startsOf = (runId: string) =>
    twin.runs.filter((run) => run.arguments['--run_id'] === runId).length;

  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    clock = testClock();
    twin = await startGlueTwin({ clock });
  });
  afterAll(async () => {
    process.env = before;
    await twin[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it.each(POINTS)(
    `starts one run for one intent after a death %s, ${String(TIMES)} times`,
    async (_, place, time) => {
      const random = numbers(place.length * 7 + time);
      for (let index = 0; index < TIMES; index++) {
        const runId = `${place}-${String(time)}-${String(index)}`;
        const life = { storePath: join(folder, 'runs.db'), open, clock, random };
        twin.behaviour.hiddenMs = Math.floor(random() * (HIDDEN_MS + 1));
        const dying = { ...life, failpoints: dieAt(place, time) };
        await expect(submits(dying, runId)).rejects.toBeInstanceOf(Died);

        clock.move(random() * 5_000);
        if (random() < 0.3) twin.fail('StartJobRun', 'throttled');
        if (random() < 0.3) twin.fail('GetJobRuns', 'failed', 'throttled');
        if (random() < 0.3) twin.fail('StartJobRun', 'lost');
        const living = { ...life, failpoints: noFailpoints };
        const record = await submits(living, runId);
        expect(startsOf(runId)).toBe(1);
        expect(record).toMatchObject({ state: 'SUBMITTED', remoteId: twin.runs.at(-1)?.id });
        // Once more: it is the same run.
        expect((await submits(living, runId)).remoteId).toBe(record.remoteId);
        expect(startsOf(runId)).toBe(1);

        const rerun = `${runId}.rerun-1`;
        await submits(living, rerun);
        expect([startsOf(runId), startsOf(rerun)]).toEqual([1, 1]);
        twin.calm();
      }
    },
  );

  it('starts one run when the answers of calls are lost, and none of them is seen for ten seconds', async () => {
    twin.behaviour.hiddenMs = HIDDEN_MS;
    twin.fail('StartJobRun', 'cut', 'failed', 'throttled', 'lost');
    const life = { storePath: join(folder, 'lost.db'), open, clock, failpoints: noFailpoints };
    const record = await submits(life, 'lost');
    expect(record).toMatchObject({ state: 'SUBMITTED', calls: 4 });
    expect(startsOf('lost')).toBe(1);
  });

  it('starts one run when two processes submit it at the same time', async () => {
    twin.behaviour.hiddenMs = HIDDEN_MS;
    const life = { storePath: join(folder, 'two.db'), open, clock, failpoints: noFailpoints };
    const both = await Promise.all([submits(life, 'two'), submits(life, 'two')]);
    expect(new Set(both.map(({ remoteId }) => remoteId)).size).toBe(1);
    expect(startsOf('two')).toBe(1);
  });

  it('stops the second run when a frozen process wakes up after another one has sent its attempt', async () => {
    twin.behaviour.hiddenMs = 0;
    const life = { storePath: join(folder, 'frozen.db'), open, clock };
    const reached = Promise.withResolvers<undefined>();
    const thawed = Promise.withResolvers<undefined>();
    const freezing = {
      async reach(name: string) {
        if (name !== 'submitter:start:before') return;
        reached.resolve(undefined);
        await thawed.promise;
      },
    };
    const frozen = submits({ ...life, failpoints: freezing }, 'frozen');
    await reached.promise;
    const other = await submits({ ...life, failpoints: noFailpoints }, 'frozen');
    thawed.resolve(undefined);
    expect((await frozen).remoteId).toBe(other.remoteId);
    clock.move(5_000);
    const states = twin.runs
      .filter((run) => run.arguments['--run_id'] === 'frozen')
      .map((run) => [run.id === other.remoteId, twin.stateOf(run)]);
    expect(states).toEqual([
      [true, 'RUNNING'],
      [false, 'STOPPED'],
    ]);
  });

  it('finds the run of an attempt whose store was lost', async () => {
    twin.behaviour.hiddenMs = 0;
    const life = { open, clock, failpoints: noFailpoints };
    const first = await submits({ ...life, storePath: join(folder, 'a.db') }, 'moved');
    const second = await submits({ ...life, storePath: join(folder, 'b.db') }, 'moved');
    expect(second.remoteId).toBe(first.remoteId);
    expect(startsOf('moved')).toBe(1);
  });
});
