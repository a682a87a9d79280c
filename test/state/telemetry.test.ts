import { beforeEach, afterEach, expect, it } from '@jest/globals';
import type { RunStore } from '../../core/run-store.ts';
import type { TelemetryBody, TelemetryMessage } from '../../core/telemetry.ts';
import { openSqliteStore } from '../../state/sqlite/store.ts';

const AT = '2017-06-12T02:00:00.000Z';
const START: TelemetryBody = {
  ...{ kind: 'start', job: 'load_promos', window: null, created_by: 'airflow' },
  ...{ service_provider: 'glue', config: { strategy_type: 'bulk' } },
};
const CHECK = { kind: 'step', name: 'check', started_at: AT } as const;
const END: TelemetryBody = { kind: 'end', state: 'COMPLETED', engine: 'bulk', result: { ok: 1 } };

let store: RunStore;
beforeEach(async () => {
  store = await openSqliteStore(':memory:');
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

function numbered(bodies: readonly TelemetryBody[], at: Partial<TelemetryMessage> = {}) {
  return bodies.map(
    (body, index): TelemetryMessage =>
      ({
        ...{ schema: 'dray.telemetry/1', run_id: 'r', attempt: 1, stream: 's', store: 'far' },
        ...{ number: index + 1, at: AT, ...body, ...at },
      }) as TelemetryMessage,
  );
}

const types = async () =>
  (await store.listEvents('r')).map(({ attempt, type }) => `${String(attempt)} ${type}`);

it('has the record of a remote run as if it had run here', async () => {
  const messages = numbered([
    START,
    { ...CHECK, state: 'RUNNING' },
    { kind: 'event', type: 'engine.chosen', data: { engine: 'bulk' } },
    { kind: 'progress', step: 'write', part: 'unity', done: 5, total: 10 },
    { kind: 'progress', step: 'write', part: 'unity', done: 10, total: 10 },
    { ...CHECK, state: 'COMPLETED', ended_at: '2017-06-12T02:00:01.000Z' },
    { kind: 'log', level: 'warning', text: 'slow' },
    { kind: 'dropped', count: 3 },
    END,
  ]);
  await store.keepTelemetry('r', 1, messages);
  expect(await store.getRun('r')).toMatchObject({
    ...{ state: 'COMPLETED', servicePlatform: 'glue', createdBy: 'airflow', engine: 'bulk' },
    ...{ startedAt: AT, endedAt: AT, result: { ok: 1 } },
  });
  expect(await store.getConfig('r')).toEqual({ strategy_type: 'bulk' });
  expect(await store.listSteps('r')).toEqual([
    {
      name: 'check',
      attempt: 1,
      state: 'COMPLETED',
      startedAt: AT,
      endedAt: '2017-06-12T02:00:01.000Z',
    },
  ]);
  expect(await types()).toEqual([
    ...['1 run.started', '1 engine.chosen', '1 log', '1 telemetry.dropped', '1 run.completed'],
  ]);
  expect(await store.listProgress('r')).toEqual([
    { attempt: 1, step: 'write', part: 'unity', done: 10, total: 10, at: AT },
  ]);
});

it('takes every message once, whoever brings it how often, and goes on after a restart', async () => {
  const event: TelemetryBody = { kind: 'event', type: 'sink.claimed', data: {} };
  const messages = numbered([START, event, event, event]);
  await store.keepTelemetry('r', 1, messages.slice(0, 3), '[2]');
  await Promise.all([
    store.keepTelemetry('r', 1, messages),
    store.keepTelemetry('r', 1, messages.slice(1), '[3]'),
  ]);
  expect(await types()).toEqual(['1 run.started', ...Array<string>(3).fill('1 sink.claimed')]);
  expect(await store.telemetryPosition('r', 1)).toEqual({ cursor: '[3]', streams: { s: 4 } });
});

it('tells the processes of one attempt apart', async () => {
  await store.keepTelemetry('r', 1, numbered([START]));
  await store.keepTelemetry('r', 1, numbered([START], { stream: 't' }));
  expect(await types()).toEqual(['1 run.started', '1 run.restarted']);
  expect(await store.getRun('r')).toMatchObject({ state: 'RUNNING' });
});

it('changes nothing of a run that it has recorded itself', async () => {
  const own = await store.storeId();
  await store.startAttempt({
    ...{ runId: 'r', job: 'load_promos', attempt: 1, createdBy: 'dray' },
    ...{ servicePlatform: 'local', config: {}, at: AT },
  });
  await store.keepTelemetry('r', 1, numbered([START, END], { store: own }));
  expect(await types()).toEqual(['1 run.started']);
});

it('keeps what an attempt has told too late in its events, and the state of the newer one', async () => {
  await store.keepTelemetry('r', 1, numbered([START]));
  await store.keepTelemetry('r', 2, numbered([START], { attempt: 2, stream: 't' }));
  await store.keepTelemetry(
    'r',
    1,
    numbered([START, { kind: 'event', type: 'late', data: {} }, END]),
  );
  expect(await store.getRun('r')).toMatchObject({ state: 'RUNNING', attempt: 2 });
  expect(await types()).toEqual([
    ...['1 run.started', '2 run.retrying', '2 run.started', '1 late', '1 run.completed'],
  ]);
});

it('ends a run whose process has died, by what its submitter knows, and no other', async () => {
  const killed = {
    runId: 'r',
    attempt: 1,
    state: 'FAILED',
    at: AT,
    result: { exit_code: 1 },
  } as const;
  await store.settleRun(killed);
  expect(await store.getRun('r')).toBeUndefined();
  await store.keepTelemetry('r', 1, numbered([START]));
  await store.settleRun({ ...killed, attempt: 2 });
  expect(await store.getRun('r')).toMatchObject({ state: 'RUNNING' });
  await store.settleRun(killed);
  await store.settleRun({ ...killed, result: { exit_code: 3 } });
  expect(await store.getRun('r')).toMatchObject({ state: 'FAILED', result: { exit_code: 3 } });
  expect(await types()).toEqual(['1 run.started', '1 run.failed']);
});
