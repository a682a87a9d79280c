import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DatabricksTwin } from '../twins/databricks.ts';
import type { Cli } from './cli.ts';
import { type DatabricksDesk, openDatabricksDesk } from './databricks-desk.ts';
import { CONFIG } from './submit-desk.ts';

describe('what dray submit databricks refuses', () => {
  let desk: DatabricksDesk;
  let twin: DatabricksTwin;

  beforeEach(async () => {
    desk = await openDatabricksDesk();
    ({ twin } = desk);
  });
  afterEach(async () => {
    await desk[Symbol.asyncDispose]();
  });

  const cli: Cli = (...given) => desk.cli(...given);
  const submit: DatabricksDesk['submit'] = (...more) => desk.submit(...more);
  const settled = (change: object) => ['--settings', JSON.stringify(change)];

  it.each([
    [{ existing_cluster_id: 'gone' }, 2, 'SUBMIT_REFUSED', 'check "existing_cluster_id"'],
    [{ wheels: ['/Volumes/main/no.whl'] }, 2, 'SUBMIT_REFUSED', 'has no "/Volumes/main/no.whl"'],
    [{ serverless: true }, 2, 'CONFIG_INVALID', 'set one of "new_cluster"'],
    [{ host: 'http://127.0.0.1:1' }, 3, 'PLATFORM_UNAVAILABLE', 'does not answer: Error: bad port'],
  ])('refuses the settings %j', async (change, exit, code, says) => {
    const { code: found, err } = await cli(submit('--run-id', 'bad', ...settled(change)));
    expect(err).toContain(code);
    expect(err).toContain(says);
    expect(found).toBe(exit);
    expect(twin.runs).toHaveLength(0);
  });

  it('refuses a job that is not there', async () => {
    desk.set({ job_id: 8 });
    const { code, err } = await cli(submit('--run-id', 'bad'));
    expect([code, err]).toEqual([2, expect.stringContaining('check "job_id"')]);
  });

  it.each([
    [{ DATABRICKS_TOKEN: 'old' }, 'get a new token'],
    [{ DATABRICKS_TOKEN: '' }, 'DATABRICKS_TOKEN is not set'],
    [{ DATABRICKS_HOST: '' }, 'DATABRICKS_HOST is not set'],
  ])('says what is wrong with the credentials: %j', async (change, says) => {
    Object.assign(desk.env, change);
    const { code, err } = await cli(submit('--run-id', 'bad'));
    expect([code, err]).toEqual([1, expect.stringContaining(says)]);
    expect(err).toContain('PLATFORM_DENIED');
  });

  it('waits for room, or says that there is none', async () => {
    twin.behaviour.maxActive = 1;
    const now = { queue: false };
    await cli(submit('--run-id', 'first', ...settled(now)));
    const full = await cli(submit('--run-id', 'second', ...settled(now)));
    expect([full.code, full.err]).toEqual([3, expect.stringContaining('PLATFORM_BUSY')]);
    const patient = settled({ ...now, wait_for_room_s: 600 });
    expect((await cli(submit('--run-id', 'third', ...patient))).code).toBe(0);
    expect(twin.runs).toHaveLength(2);
  });

  it('says that a run was deleted', async () => {
    twin.behaviour.runMs = 3_600_000;
    await cli(submit('--run-id', 'gone'));
    for (const run of twin.runs) run.deleted = true;
    const lost = await cli(['submissions', 'follow', 'gone']);
    expect([lost.code, lost.err]).toEqual([3, expect.stringContaining('REMOTE_LOST')]);
    rmSync(join(desk.folder, '.dray'), { recursive: true });
    const again = await cli(submit('--run-id', 'gone'));
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('--retry')]);
  });

  it('refuses a config that is too long and has no bucket to go to', async () => {
    const source = { ...CONFIG.extractor_config, source_table: `/data/${'x'.repeat(12_000)}` };
    const config = JSON.stringify({ ...CONFIG, extractor_config: source });
    writeFileSync(join(desk.folder, 'config.json'), config);
    const { code, err } = await cli(submit('--run-id', 'long'));
    expect([code, err]).toEqual([2, expect.stringContaining('"artifacts"')]);
  });

  it('sends a config that Databricks would resolve references in so that it arrives', async () => {
    const source = { ...CONFIG.extractor_config, source_table: '/data/{{job.id}}' };
    const config = { ...CONFIG, extractor_config: source };
    writeFileSync(join(desk.folder, 'config.json'), JSON.stringify(config));
    await cli(submit('--run-id', 'braces'));
    const sealed = twin.runs[0]?.argv[3] ?? '';
    expect(sealed).toMatch(/^base64url:/);
    const text = Buffer.from(sealed.slice('base64url:'.length), 'base64url').toString();
    expect(JSON.parse(text)).toEqual(config);
  });
});
