import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { Finding } from '../../core/finding.ts';
import { dray } from '../../entry/dray-main.ts';
import { CREDENTIALS, withoutMoto } from '../aws/moto.ts';
import { startS3 } from '../aws/s3.ts';

const ROOT = join(import.meta.dirname, '../..');
const NOOP = { notification_service: 'NOOP' };

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('dray doctor', () => {
  let folder: string;
  let before: NodeJS.ProcessEnv;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dray-doctor-'));
    // AWS's SDK looks there by itself.
    before = process.env;
    process.env = { PATH: before['PATH'], HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
  });
  afterEach(() => {
    process.env = before;
    rmSync(folder, { recursive: true });
  });

  async function doctor(
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
    clock: Clock = systemClock,
  ): Promise<Told> {
    let out = '';
    let err = '';
    Object.assign(process.env, env);
    const stderr = new Writable({
      decodeStrings: false,
      write(text: string, _, done) {
        err += text;
        done();
      },
    });
    const code = await dray(
      ['doctor', ...argv],
      {
        env: { PATH: process.env['PATH'], DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'), ...env },
        ...{ cwd: folder, nodeVersion: process.versions.node, clock },
        readFile: (path) => readFile(path, 'utf8'),
        readObject: () => Promise.resolve(undefined),
      },
      { stdout: { write: (text: string) => (out += text) }, stderr },
      new AbortController().signal,
    );
    return { code, out, err };
  }

  function named(told: Told): Readonly<Record<string, Finding>> {
    const { findings } = JSON.parse(told.out) as { readonly findings: readonly Finding[] };
    return Object.fromEntries(findings.map((finding) => [finding.name, finding]));
  }

  it('ends within seconds where nothing answers, says what it has not reached, makes nothing', async () => {
    const nowhere = 'http://127.0.0.1:9';
    const startMs = systemClock.monotonicMs();
    const told = await doctor(['--json'], {
      ...{ ...CREDENTIALS, AWS_ENDPOINT_URL: nowhere, AWS_REGION: 'eu-central-1' },
      ...{ DATABRICKS_HOST: '127.0.0.1:9', DATABRICKS_TOKEN: 'the-token' },
    });
    expect(systemClock.monotonicMs() - startMs).toBeLessThan(20_000);
    expect([told.code, told.err]).toEqual([0, '']);
    expect(named(told)).toMatchObject({
      AWS: { verdict: 'note', text: expect.stringMatching(/environment variables.*ECONNREFUSED/) },
      Databricks: { verdict: 'note', text: expect.stringContaining('out of reach') },
      Node: { verdict: 'ok', text: expect.stringContaining('glibc') },
      DuckDB: { verdict: 'ok' },
      'run store': { verdict: 'ok', text: expect.stringContaining('none yet') },
      'dray.config': { verdict: 'note' },
    });
    expect(told.out).not.toContain('the-token');
    expect(existsSync(join(folder, '.dray'))).toBe(false);
  });

  it('finds everything that is broken at once, each with the fix', async () => {
    writeFileSync(
      join(folder, 'store.db'),
      'this is no database, it is a text of some length. '.repeat(99),
    );
    const environments = { dev: { glue: { workers: 0 }, clay: {} }, prod: {} };
    writeFileSync(join(folder, 'dray.config.json'), JSON.stringify({ environments }));
    const told = await doctor(['--json', '--store', join(folder, 'store.db')], {
      ...{ DATABRICKS_TOKEN: 'the-token', SPARK_REMOTE: 'sc://127.0.0.1:9' },
    });
    expect(told.code).toBe(1);
    const reds = Object.values(named(told)).filter(({ verdict }) => verdict === 'red');
    expect(reds.map(({ name }) => name).sort()).toEqual([
      ...['Databricks', 'Spark', 'dray.config dev.clay', 'dray.config dev.glue', 'run store'],
    ]);
    for (const one of reds) expect('fix' in one && one.fix).toMatch(/\w+ \w+/);
  });

  it('does not touch a store that a newer dray has made', async () => {
    const path = join(folder, 'newer.db');
    const database = new DatabaseSync(path);
    database.exec('pragma user_version = 99');
    database.close();
    const told = await doctor(['--json', '--store', path]);
    expect(named(told)['run store']).toMatchObject({
      ...{ verdict: 'red', text: expect.stringContaining('schema version 99') },
    });
  });

  it("tells whose credentials are refused, and AWS's reason", async () => {
    const server = createServer((_, response) => {
      response.writeHead(403, { 'content-type': 'text/xml' });
      response.end(
        '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid</Message></Error></ErrorResponse>',
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const endpoint = { AWS_ENDPOINT_URL: `http://127.0.0.1:${String(port)}` };
    const told = await doctor(['--json'], { ...CREDENTIALS, ...endpoint });
    server.close();
    server.closeAllConnections();
    expect([told.code, named(told)['AWS']]).toMatchObject([
      1,
      { verdict: 'red', text: expect.stringMatching(/InvalidClientTokenId.*invalid/) },
    ]);
  });

  it("checks a job's source and sinks as a dry run does", async () => {
    const config = {
      ...{ job_failed_notifications: NOOP, job_success_notifications: NOOP, strategy_type: 'bulk' },
      extractor_config: {
        ...{ strategy: 'PARQUET', source_table: join(ROOT, 'data/sample/promotions') },
      },
      unity_loader_config: { strategy: 'DELTA', path: join(folder, 'lake') },
    };
    const fine = await doctor(['--json', '--config', JSON.stringify(config)]);
    expect([fine.code, fine.err]).toEqual([0, '']);
    expect(named(fine)).toMatchObject({
      source: { verdict: 'ok' },
      'sink unity': { verdict: 'ok', text: join(folder, 'lake') },
    });
    expect(existsSync(join(folder, 'lake'))).toBe(false);

    const gone = { ...config, extractor_config: { strategy: 'PARQUET', source_table: '/none' } };
    const told = await doctor(['--json', '--config', JSON.stringify(gone)]);
    expect([told.code, named(told)['load_promos']]).toMatchObject([
      1,
      { verdict: 'red', text: expect.stringContaining('/none') },
    ]);
  });

  it.each([
    [['--path', '/lake'], 'are for a platform'],
    [['glue', '--config', '{}'], 'are for this machine'],
    [['glu'], 'did you mean "glue"?'],
    [['glue', '--settings', '{"role": "r", "script_location": "s3://b/k.py"}'], 'result_prefix'],
    [['container', '--engine', 'sparc', '--settings', '{"image": "i"}'], 'bigdata'],
  ])('refuses %j', async (argv, says) => {
    const { code, err } = await doctor(argv);
    expect([code, err.replaceAll(/\s+/g, ' ')]).toEqual([2, expect.stringContaining(says)]);
  });
});

(withoutMoto === '' ? describe : describe.skip)(`dray doctor and AWS${withoutMoto}`, () => {
  it('says who it is there, and how far the clock is off', async () => {
    await using s3 = await startS3();
    const folder = mkdtempSync(join(tmpdir(), 'dray-doctor-'));
    const late: Clock = {
      ...systemClock,
      now: () => new Date(systemClock.now().getTime() + 600_000),
    };
    const ask = async (clock: Clock) => {
      let out = '';
      const code = await dray(
        ['doctor', '--json'],
        {
          env: { ...process.env, DRAY_EXTENSIONS: join(ROOT, '.dray/extensions') },
          ...{ cwd: folder, nodeVersion: process.versions.node, clock },
          readFile: (path) => readFile(path, 'utf8'),
          readObject: () => Promise.resolve(undefined),
        },
        { stdout: { write: (text: string) => (out += text) }, stderr: process.stderr },
        new AbortController().signal,
      );
      const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
      const of = (name: string) => findings.find((finding) => finding.name === name);
      return { code, aws: of('AWS'), clock: of('clock') };
    };
    expect(await ask(systemClock)).toMatchObject({
      code: 0,
      aws: {
        verdict: 'ok',
        text: expect.stringMatching(
          new RegExp(`^arn:aws:\\S+ by environment variables, ${s3.region}$`),
        ),
      },
      clock: { verdict: 'ok' },
    });
    expect(await ask(late)).toMatchObject({
      code: 1,
      clock: { verdict: 'red', text: expect.stringMatching(/^(599|600|601) s ahead of AWS/) },
    });
    rmSync(folder, { recursive: true });
  });
});
