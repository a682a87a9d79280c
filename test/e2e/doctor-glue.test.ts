import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../core/finding.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { buildDist } from './built.ts';
import { openWorld, type Running, type World } from './world.ts';

const PYTHON = process.env['DRAY_TEST_MOTO'] ?? '';
const SETTINGS = JSON.stringify({
  ...{ role: 'promos', script_location: `s3://${BUCKET}/generic_entry.py` },
  ...{ result_prefix: `s3://${BUCKET}/results` },
});

(withoutMoto === '' ? describe : describe.skip)(`dray twin glue${withoutMoto}`, () => {
  let world: World;
  let s3: TestS3;
  let twin: Running;
  let printed = '';
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    await buildDist();
    [world, s3] = await Promise.all([openWorld(), startS3()]);
    // moto is STS, too.
    const aws = { ...s3.env, AWS_ENDPOINT_URL: s3.endpoint };
    twin = world.start(['twin', 'glue', '--python', PYTHON], aws, 'entry/dray.ts');
    const endpoint = await new Promise<string>((resolve) => {
      twin.child.stdout?.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const [, url] = /^export AWS_ENDPOINT_URL_GLUE='(\S+)'$/m.exec(printed) ?? [];
        if (url !== undefined) resolve(url);
      });
    });
    env = { ...aws, AWS_ENDPOINT_URL_GLUE: endpoint };
  });
  afterAll(async () => {
    twin.child.kill('SIGKILL');
    await s3[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  async function doctor(...argv: readonly string[]) {
    const all = ['doctor', 'glue', '--settings', SETTINGS, '--json', ...argv];
    const { code, stdout, stderr } = await world.start(all, env, 'entry/dray.ts').ended;
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
    const of = (name: string) => findings.find((finding) => finding.name === name);
    return { code, stderr, of };
  }

  it('sets only what is not set already', () => {
    expect(printed.trim().split('\n')).toHaveLength(1);
  });

  it('runs the probe of dray doctor, whose answer comes back through S3', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const path = `s3://${BUCKET}/probe`;
    const { code, stderr, of } = await doctor('--host', host, '--path', path);
    server.close();
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    expect(of('platform')).toMatchObject({ verdict: 'ok', text: expect.stringMatching(/^GLUE: /) });
    expect(of('AWS')).toMatchObject({ verdict: 'ok', text: expect.stringMatching(/^arn:aws:/) });
    for (const name of [`storage ${path}`, `network ${host}`, 'DuckDB', 'extensions']) {
      expect([name, of(name)]).toMatchObject([name, { verdict: 'ok' }]);
    }
    expect(of('Spark')).toMatchObject({ verdict: 'note' });
    expect(await s3.openStorage(path).list('', new AbortController().signal)).toEqual([]);
  });

  it('tells what is missing there, and exits with 1', async () => {
    const table = `s3://${BUCKET}/no-table`;
    const { code, of } = await doctor('--table', table, '--path', 's3://no-such-bucket-of-dray/a');
    expect(code).toBe(1);
    expect(of(`table ${table}`)).toMatchObject({ verdict: 'red' });
    expect(of('storage s3://no-such-bucket-of-dray/a')).toMatchObject({
      ...{ verdict: 'red', fix: expect.stringMatching(/bucket/) },
    });
  });

  it('fails the run of a script that is not of dray, and says so', async () => {
    const settings = SETTINGS.replace('generic_entry.py', 'other.py');
    const argv = ['doctor', 'glue', '--settings', settings, '--json'];
    const { code, stdout } = await world.start(argv, env, 'entry/dray.ts').ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, findings: [{ name: 'probe' }] });
    await twin.saw(/generic_entry\.py alone, not s3:\/\/\S+other\.py/);
  });

  it('ends with Ctrl-C, and the runs with it', async () => {
    twin.child.kill('SIGINT');
    const { code, signal } = await twin.ended;
    expect([code, signal]).toEqual([0, null]);
  });
});
