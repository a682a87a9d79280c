import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openPostServer, type PostServer } from '../strategies/notifiers/post-server.ts';
import { openScene, type Scene, WINDOW } from './scene.ts';
import type { Ended } from './world.ts';

const TOKEN = 'T0KEN-nobody-may-see';
let scene: Scene;
let server: PostServer;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});
beforeEach(async () => {
  server = await openPostServer();
  // A store of its own: nothing is pending from another test.
  await rm(join(scene.world.folder, '.dray'), { recursive: true, force: true });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const webhook = {
  notification_service: 'WEBHOOK',
  webhook_url: 'secret://env/HOOK',
  message: '{sinks}{error_code} {warnings}',
};
const TELLS = {
  job_success_notifications: webhook,
  job_failed_notifications: webhook,
  data_quality_notifications: webhook,
};

async function run(changes: object, ...more: readonly string[]): Promise<Ended> {
  const args = await scene.args({ ...TELLS, ...changes }, WINDOW);
  return await scene.world.run([...args, ...more], { HOOK: `${server.url}/${TOKEN}` });
}

const NOWHERE = { extractor_config: { source_table: '/nowhere/at/all' } };

function told(): readonly (readonly [unknown, unknown])[] {
  return server.posted.map(({ body }) => [body['event'], body['run_id']]);
}

describe('notifications of a run', () => {
  it('tell of its success once it is recorded, with what each sink holds', async () => {
    const { code } = await run({}, '--run_id', 'told');
    expect(code).toBe(0);
    expect(told()).toEqual([['success', 'told']]);
    expect(server.posted[0]?.body['message']).toMatch(
      /^unity \(delta\) [\d,]+ rows in \S+\nstage \(parquet\) .*\nredshift \(postgres\) /,
    );
  });

  it('tell of a failure once, however often retries fail in the same way', async () => {
    const first = await run(NOWHERE, '--run_id', 'lost');
    const second = await run(NOWHERE, '--run_id', 'lost', '--attempt', '2');
    expect([first.code, second.code]).toEqual([1, 1]);
    expect(told()).toEqual([['failed', 'lost']]);
    expect(server.posted[0]?.body['message']).toBe('SOURCE_NOT_FOUND');
    await run({}, '--run_id', 'lost', '--attempt', '3');
    expect(told()).toEqual([
      ['failed', 'lost'],
      ['success', 'lost'],
    ]);
  });

  it('tell of data that is not as it should be', async () => {
    const path = join(scene.world.folder, 'odd.parquet');
    await scene.world.duckdb(
      `copy (select * replace (case when file_row_number = 5 then '?' else display_location end as display_location)
         from read_parquet('${scene.source}/week-24.parquet', file_row_number = true))
       to '${path}' (format parquet)`,
    );
    const { code } = await run({ extractor_config: { source_table: path } }, '--run_id', 'odd');
    expect(code).toBe(0);
    expect(told()).toEqual([
      ['success', 'odd'],
      ['data_quality', 'odd'],
    ]);
    expect(server.posted[1]?.body['facts']).toMatchObject({ quarantined: '1' });
  });

  it('never fail a load: what cannot be sent is sent by the next run of the job', async () => {
    server.answer(503);
    const first = await run({}, '--run_id', 'silent');
    expect(first.code).toBe(0);
    expect(first.stderr).toContain(
      'the notification "success" of run "silent" was not sent: the webhook answered 503',
    );
    expect(told()).toEqual(Array.from({ length: 3 }, () => ['success', 'silent']));
    const listed = await scene.world.dray('notifications', 'list');
    expect(listed.stdout).toMatch(/silent +success +PENDING +1 +the webhook answered 503/);
    server.answer(200);
    const second = await run({}, '--run_id', 'heard');
    expect(second.stderr).not.toContain('was not sent');
    expect(told().slice(3)).toEqual([
      ['success', 'silent'],
      ['success', 'heard'],
    ]);
  });

  it('are given up where another try cannot help', async () => {
    server.answer(404);
    await run({}, '--run_id', 'refused');
    server.answer(200);
    await run({}, '--run_id', 'after');
    expect(told()).toEqual([
      ['success', 'refused'],
      ['success', 'after'],
    ]);
  });

  it('show their secrets nowhere', async () => {
    server.answer(404, `no hook at /${TOKEN}`);
    const { stdout, stderr } = await run({}, '--run_id', 'secret', '--verbose');
    expect(stderr).toContain('was not sent');
    const kept = join(scene.world.folder, '.dray');
    const files = (await readdir(kept, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    );
    const contents = await Promise.all(
      files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
    );
    expect(contents.join('')).toContain('secret');
    for (const text of [stdout, stderr, ...contents]) expect(text).not.toContain(TOKEN);
  });

  it('are refused in a config that names no way or an unknown fact', async () => {
    const file = join(scene.world.folder, 'wrong.json');
    const config = JSON.parse(await readFile(scene.at.file, 'utf8')) as object;
    const wrong = {
      ...config,
      job_failed_notifications: { notification_service: 'SLACK', channel: '#data' },
      job_success_notifications: { ...webhook, message: '{rows} rows' },
    };
    await writeFile(file, JSON.stringify(wrong));
    const args = ['--module_name', 'load_promos', '--load_promos_job', `@${file}`];
    const { code, stderr } = await scene.world.run(args);
    expect(code).toBe(2);
    expect(stderr).toContain('give either "webhook_url", or "token" and "channel"');
    expect(stderr).toContain(
      'job_success_notifications.message: there is no {rows}; known are {event}',
    );
  });
});
