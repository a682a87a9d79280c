import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import yargs from 'yargs';
import type { NewAttempt, RunStore } from '../../core/run-store.ts';
import type { Command } from '../../entry/command.ts';
import { runsList, runsShow } from '../../entry/commands/runs.ts';
import { openSqliteStore } from '../../state/sqlite/store.ts';

const WINDOW = { startDate: '2017-06-05', endDate: '2017-06-12' };
const EVIL = 'evil\r\n\u001b[2J';
const SINK = { mode: 'overwrite_window', status: 'loaded', load_id: '9f2c', loaded: 7_000 };
const RESULT = {
  schema: 'dray.result/1',
  counts: { read: 10_000, filtered: 2_000, quarantined: 1, deduplicated: 999 },
  sinks: [
    { ...SINK, sink: 'unity', kind: 'delta', target: '/lake/unity', seconds: 2.71 },
    { ...SINK, sink: 'stage', kind: 'parquet', target: `/lake/${EVIL}`, seconds: 0.04 },
  ],
  warnings: ['3 products are not in products_table'],
  error: null,
  report: '/data/reports/good.html',
};

/** What the other commands print to; these two don't. */
const nowhere = new PassThrough();

let folder: string;
let storePath: string;
/** Open beside the one that each command opens for itself. */
let store: RunStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dray-runs-'));
  storePath = join(folder, 'dray.db');
  store = await openSqliteStore(storePath);
  await begin('good', { window: WINDOW });
  const step = { name: 'load', attempt: 1, startedAt: '2017-06-12T02:00:00.000Z' };
  await store.putStep('good', { ...step, state: 'COMPLETED', endedAt: '2017-06-12T02:00:09.500Z' });
  const event = { runId: 'good', attempt: 1, at: '2017-06-12T02:00:08.000Z' };
  await store.appendEvent({ ...event, type: 'load.committed', data: { sink: EVIL, rows: 7000 } });
  await end('good', 'COMPLETED', RESULT);
  await begin(EVIL, { job: 'raw_analysis', at: '2017-06-13T02:00:00.000Z', createdBy: EVIL });
  const error = { code: 'CONFIG_INVALID', message: `two problems:\n  - a${EVIL}`, hint: 'read' };
  await end(EVIL, 'FAILED', { error, sinks: [], counts: null });
  await begin('busy', { at: '2017-06-14T02:00:00.000Z', attempt: 2 });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function begin(runId: string, changes: Partial<NewAttempt>): Promise<void> {
  const base = { job: 'load_promos', attempt: 1, createdBy: 'airflow', servicePlatform: 'LOCAL' };
  await store.startAttempt({
    ...base,
    runId,
    config: {},
    at: '2017-06-12T02:00:00.000Z',
    ...changes,
  });
}

async function end(
  runId: string,
  state: 'COMPLETED' | 'FAILED',
  result: Readonly<Record<string, unknown>>,
): Promise<void> {
  const at = '2017-06-13T02:00:12.340Z';
  await store.endAttempt({ runId, attempt: 1, state, engine: 'bulk', result, at });
}

/** Runs a command as the command line would; what it printed. */
async function printed(
  command: Command,
  argv: readonly string[],
  look: { readonly color?: boolean; readonly width?: number } = {},
): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const out: string[] = [];
  const err: string[] = [];
  const parser = yargs().command(command.usage, command.summary, (args) => command.flags(args));
  const args = await parser.exitProcess(false).parseAsync([...argv]);
  const screen = {
    storePath,
    surroundings: {
      env: {},
      cwd: '/',
      nodeVersion: '24.0.0',
      readFile: () => Promise.reject(new Error('no files')),
      readObject: () => Promise.reject(new Error('no buckets')),
    },
    output: { stdout: nowhere, stderr: nowhere },
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    width: look.width ?? Number.POSITIVE_INFINITY,
    color: look.color ?? false,
  };
  const code = await command.run(args, screen, AbortSignal.abort());
  return { out: out.join('\n'), err: err.join('\n'), code };
}

describe('dray runs list', () => {
  it('shows the newest runs first, in aligned columns', async () => {
    const { out, code } = await printed(runsList, ['runs', 'list']);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'RUN ID             JOB           WINDOW                    STATE      ATTEMPT  ROWS LOADED   SECONDS  STARTED (UTC)',
      'busy               load_promos   all rows                  RUNNING          2            -         -  2017-06-14 02:00:00',
      'evil\\r\\n\\u001b[2J  raw_analysis  all rows                  FAILED           1            -      12.3  2017-06-13 02:00:00',
      'good               load_promos   2017-06-05 to 2017-06-12  COMPLETED        1       14,000  86,412.3  2017-06-12 02:00:00',
    ]);
  });

  it('keeps run ids whole on a narrow terminal', async () => {
    const { out } = await printed(runsList, ['runs', 'list'], { width: 80 });
    expect(out).toContain('evil\\r\\n\\u001b[2J  ');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('filters by job and state, and says when there may be more', async () => {
    const failed = await printed(runsList, ['runs', 'list', '--state', 'FAILED']);
    expect(failed.out.split('\n')).toHaveLength(2);
    const none = await printed(runsList, ['runs', 'list', '--job', 'nobody']);
    expect(none).toEqual({ out: '', err: 'no such runs', code: 0 });
    const one = await printed(runsList, ['runs', 'list', '--limit', '1']);
    expect(one.out).toMatch(/\nbusy [^\n]*$/);
    expect(one.err).toBe('the newest 1; --limit shows more');
    await expect(printed(runsList, ['runs', 'list', '--limit', '0'])).rejects.toMatchObject({
      code: 'ARGUMENTS_INVALID',
    });
  });

  it('prints JSON with the names of the wire', async () => {
    const { out } = await printed(runsList, ['runs', 'list', '--json', '--state', 'COMPLETED']);
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({
        run_id: 'good',
        window: { start_date: '2017-06-05', end_date: '2017-06-12' },
        service_provider: 'LOCAL',
        result: RESULT,
      }),
    ]);
  });

  it('colours states only where there are colours', async () => {
    const colored = await printed(runsList, ['runs', 'list'], { color: true });
    expect(colored.out).toContain('\u001b[31mFAILED\u001b[39m');
    expect((await printed(runsList, ['runs', 'list'])).out).not.toContain('\u001b');
  });
});

describe('dray runs show', () => {
  it('shows facts, steps, rows, sinks, warnings and events', async () => {
    const { out } = await printed(runsShow, ['runs', 'show', 'good']);
    expect(out.split('\n')).toEqual([
      'good  COMPLETED',
      '',
      '  job       load_promos',
      '  window    2017-06-05 to 2017-06-12',
      '  attempt   1',
      '  platform  LOCAL',
      '  engine    bulk',
      '  created   2017-06-12 02:00:00 UTC by airflow',
      '  started   2017-06-12 02:00:00 UTC',
      '  ended     2017-06-13 02:00:12 UTC, after 86,412.3 s',
      '  report    /data/reports/good.html',
      '',
      'Steps',
      '  step  attempt  state      seconds  started (UTC)',
      '  load        1  COMPLETED      9.5  2017-06-12 02:00:00',
      '',
      'Rows',
      '                  rows  of read',
      '  read          10,000',
      '  filtered       2,000  20.00 %',
      '  quarantined        1   0.01 %',
      '  dropped            0   0.00 %',
      '  deduplicated     999   9.99 %',
      '  loaded         7,000  70.00 %',
      '',
      'Sinks',
      '  sink   kind     status  mode              rows loaded  seconds  target',
      '  unity  delta    loaded  overwrite_window        7,000      2.7  /lake/unity',
      '  stage  parquet  loaded  overwrite_window        7,000      0.0  /lake/evil\\r\\n\\u001b[2J',
      '',
      'Warnings',
      '  3 products are not in products_table',
      '',
      'Events',
      '  time (UTC)           attempt  event           what',
      '  2017-06-12 02:00:00        1  run.started     PENDING → RUNNING',
      '  2017-06-12 02:00:08        1  load.committed  sink evil\\r\\n\\u001b[2J, rows 7000',
      '  2017-06-13 02:00:12        1  run.completed   RUNNING → COMPLETED',
    ]);
  });

  it('shows why a run failed, and lets no text of it act on the terminal', async () => {
    const { out } = await printed(runsShow, ['runs', 'show', EVIL]);
    expect(out).not.toMatch(/[\r\u001b]/);
    expect(out).toContain(
      [
        '  error     CONFIG_INVALID',
        '            two problems:',
        '              - aevil\\r',
        '            \\u001b[2J',
        '  hint      read',
      ].join('\n'),
    );
    expect(out).toContain('RUNNING → FAILED, error CONFIG_INVALID');
  });

  it('says when the rows of a sink do not add up', async () => {
    await begin('off', {});
    const [first] = RESULT.sinks;
    await end('off', 'COMPLETED', { ...RESULT, sinks: [{ ...first, loaded: 6_999 }] });
    const { out } = await printed(runsShow, ['runs', 'show', 'off']);
    expect(out).toContain('the rows do not add up to those read');
  });

  it('shows what it can of a result that it does not understand', async () => {
    await begin('odd', {});
    await end('odd', 'COMPLETED', { counts: 'many', sinks: 3, error: [], report: 7 });
    expect((await printed(runsShow, ['runs', 'show', 'odd'])).out).toContain('odd  COMPLETED');
  });

  it('prints JSON with steps and events', async () => {
    const { out } = await printed(runsShow, ['runs', 'show', 'good', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      run_id: 'good',
      steps: [{ name: 'load', started_at: '2017-06-12T02:00:00.000Z' }],
      events: [{ type: 'run.started' }, { type: 'load.committed' }, { type: 'run.completed' }],
    });
  });

  it('names the nearest run for an id it does not know', async () => {
    await expect(printed(runsShow, ['runs', 'show', 'godo'])).rejects.toMatchObject({
      code: 'RUN_UNKNOWN',
      message: 'there is no run "godo"',
      hint: 'did you mean "good"?',
    });
  });
});
