import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../core/clock.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import { parseConfig } from '../../../core/wire.ts';
import { databricksSettings } from '../../../platforms/databricks/settings.ts';
import { databricksSubmitter } from '../../../platforms/databricks/submitter.ts';
import { testClock } from '../../twins/clock.ts';
import { type DatabricksTwin, startDatabricksTwin } from '../../twins/databricks.ts';
import { submits } from '../process.ts';
import { describeSubmitOnce } from '../submit-once-suite.ts';

const SETTINGS = parseConfig(databricksSettings, {
  existing_cluster_id: '0612-020000-abcdefgh',
  wheels: ['s3://artifacts/dray_entry.whl'],
});

/** The wheel is in no volume: none is read. */
const startTwin = async (clock: Clock) =>
  await startDatabricksTwin({ clock, volumes: '/no/volumes' });
const submitterOf = ({ endpoint: host, token }: DatabricksTwin, clock: Clock) =>
  databricksSubmitter({ settings: SETTINGS, clock, workspace: { host, token } });

describeSubmitOnce('Databricks', async (clock) => {
  const twin = await startTwin(clock);
  return {
    twin,
    open: () => submitterOf(twin, clock),
    hide(ms) {
      twin.behaviour.hiddenMs = ms;
    },
    ...{ start: 'runs/submit', list: 'runs/list', stopped: 'TERMINATED' },
    ...{ isIdempotent: true, honoursToken: true },
    startedFor: (runId) =>
      twin.runs
        .filter((run) => run.argv.includes(runId))
        .map((run) => ({ remoteId: String(run.id), state: twin.stateOf(run)[0] })),
  };
});

describe('calling Databricks again with the same token', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-crash-'));
  const clock = testClock();
  let twin: DatabricksTwin;
  const life = (store: string) => ({
    ...{ clock, failpoints: noFailpoints, storePath: join(folder, store) },
    open: () => submitterOf(twin, clock),
  });
  const startsOf = (runId: string) => twin.runs.filter((run) => run.argv.includes(runId)).length;

  beforeAll(async () => {
    twin = await startTwin(clock);
  });
  afterAll(async () => {
    await twin[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('waits as long as Databricks asks for, and asks for no list', async () => {
    twin.fail('runs/submit', 'throttled', 'lost');
    const before = clock.monotonicMs();
    await submits(life('patient.db'), 'patient');
    expect(twin.done).not.toContain('runs/list');
    // 429 asks for 7 s.
    expect(clock.monotonicMs() - before).toBeGreaterThan(7_000);
  });

  it('gives up when no call is answered, and a later one finds the run', async () => {
    twin.fail('runs/submit', ...new Array<'lost'>(8).fill('lost'));
    await expect(submits(life('never.db'), 'never')).rejects.toMatchObject({
      code: 'SUBMIT_UNCERTAIN',
    });
    const record = await submits(life('never.db'), 'never');
    expect(record).toMatchObject({ state: 'SUBMITTED', calls: 9 });
    expect(startsOf('never')).toBe(1);
  });

  it('finds the run of an attempt whose store was lost an hour ago', async () => {
    const first = await submits(life('a.db'), 'moved');
    clock.move(3_600_000);
    const second = await submits(life('b.db'), 'moved');
    expect(second.remoteId).toBe(first.remoteId);
    expect(startsOf('moved')).toBe(1);
  });
});
