import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noFailpoints } from '../../../core/failpoint.ts';
import { parseConfig } from '../../../core/wire.ts';
import { databricksSettings } from '../../../platforms/databricks/settings.ts';
import { databricksSubmitter } from '../../../platforms/databricks/submitter.ts';
import { type TestClock, testClock } from '../../twins/clock.ts';
import { type DatabricksTwin, startDatabricksTwin } from '../../twins/databricks.ts';
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

describe('submitting to Databricks once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-crash-'));
  let clock: TestClock;
  let twin: DatabricksTwin;
  const settings = parseConfig(databricksSettings, {
    existing_cluster_id: '0612-020000-abcdefgh',
    wheels: ['s3://artifacts/dray_entry.whl'],
  });
  const open = () =>
    databricksSubmitter({
      ...{ settings, clock },
      workspace: { host: twin.endpoint, token: twin.token },
    });
  const startsOf = (runId: string) => twin.runs.filter((run) => run.argv.includes(runId)).length;

  beforeAll(async () => {
    clock = testClock();
    twin = await startDatabricksTwin({ clock, volumes: folder });
  });
  afterAll(async () => {
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
        if (random() < 0.3) twin.fail('runs/submit', 'throttled');
        if (random() < 0.3) twin.fail('runs/submit', 'failed');
        if (random() < 0.3) twin.fail('runs/submit', 'lost');
        const living = { ...life, failpoints: noFailpoints };
        const record = await submits(living, runId);
        expect(startsOf(runId)).toBe(1);
        expect(record).toMatchObject({
          state: 'SUBMITTED',
          remoteId: String(twin.runs.at(-1)?.id),
        });
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

  const patient = () => ({ open, clock, failpoints: noFailpoints });

  it('starts one run when the answers of calls are lost, and asks for no list', async () => {
    twin.behaviour.hiddenMs = HIDDEN_MS;
    twin.fail('runs/submit', 'cut', 'failed', 'throttled', 'lost');
    const before = clock.monotonicMs();
    const record = await submits({ ...patient(), storePath: join(folder, 'lost.db') }, 'lost');
    expect(record).toMatchObject({ state: 'SUBMITTED', calls: 5 });
    expect(startsOf('lost')).toBe(1);
    expect(twin.done).not.toContain('runs/list');
    // 429 asks for 7 s.
    expect(clock.monotonicMs() - before).toBeGreaterThan(7_000);
  });

  it('gives up when no call is answered, and a later one finds the run', async () => {
    const life = { ...patient(), storePath: join(folder, 'never.db') };
    twin.fail('runs/submit', ...new Array<'lost'>(8).fill('lost'));
    await expect(submits(life, 'never')).rejects.toMatchObject({ code: 'SUBMIT_UNCERTAIN' });
    expect(await submits(life, 'never')).toMatchObject({ state: 'SUBMITTED', calls: 9 });
    expect(startsOf('never')).toBe(1);
  });

  it('starts one run when two processes submit it at the same time', async () => {
    const life = { ...patient(), storePath: join(folder, 'two.db') };
    const both = await Promise.all([submits(life, 'two'), submits(life, 'two')]);
    expect(new Set(both.map(({ remoteId }) => remoteId)).size).toBe(1);
    expect(startsOf('two')).toBe(1);
  });

  it('starts one run though a frozen process wakes up after another one has sent its attempt', async () => {
    const life = { ...patient(), storePath: join(folder, 'frozen.db') };
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
    const other = await submits(life, 'frozen');
    thawed.resolve(undefined);
    expect((await frozen).remoteId).toBe(other.remoteId);
    expect(startsOf('frozen')).toBe(1);
  });

  it('finds the run of an attempt whose store was lost', async () => {
    const first = await submits({ ...patient(), storePath: join(folder, 'a.db') }, 'moved');
    clock.move(3_600_000);
    const second = await submits({ ...patient(), storePath: join(folder, 'b.db') }, 'moved');
    expect(second.remoteId).toBe(first.remoteId);
    expect(startsOf('moved')).toBe(1);
  });
});
