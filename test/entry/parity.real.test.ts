import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parityLines } from '../../entry/commands/parity-view.ts';
import { dray } from '../../entry/dray-main.ts';
import { int32, string } from '../../plan/types.ts';

const SAMPLE = join(import.meta.dirname, '../../data/sample');
const CONFIG = JSON.stringify({
  extractor_config: { strategy: 'PARQUET', source_table: join(SAMPLE, 'promotions') },
});
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'dray-parity-'));
});
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

async function run(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const surroundings = {
    env: { DRAY_HOME: home },
    cwd: home,
    readFile: (path: string) => readFile(path, 'utf8'),
    readObject: () => Promise.reject(new Error('there are no buckets')),
    nodeVersion: process.versions.node,
  };
  const argv = ['parity', 'load_promos', '--config', CONFIG, ...args];
  const code = await dray(argv, surroundings, { stdout, stderr }, new AbortController().signal);
  stdout.end();
  stderr.end();
  return { code, out: await text(stdout), err: await text(stderr) };
}

describe('dray parity', () => {
  it('prints engines, rows and seconds, and ends with 0 where they are equal', async () => {
    const { code, out } = await run('--rows', '1000', '--from', '2017-06-05', '--to', '2017-06-12');
    expect(out).toMatch(/^sample {2}[\d,]+ of 441,984 rows of /);
    expect(out).toMatch(/^row +[\d,]+ +\d+\.\d +compared with$/m);
    expect(out).toMatch(/^bulk +[\d,]+ +\d+\.\d +yes$/m);
    expect(out).toContain('bigdata is left out: SPARK_REMOTE is not set');
    expect(code).toBe(0);
  });

  it.each([
    [['--engines', 'bulk,duck'], 'there is no engine "duck"'],
    [['--engines', 'bulk'], 'fewer than two of bulk'],
    [['--rows', '0'], '--rows is not a number of rows'],
    [['--from', '2017-06-05'], '--start_date is given without --end_date'],
  ])('refuses %j and ends with 2', async (args, message) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('shows both values, the expression that made them and the row it was given', () => {
    const inputFields = [{ name: 'week', type: int32, nullable: true }];
    const lines = parityLines(
      {
        ...{ source: '/lake/promotions', sourceRows: 20_000, sampleRows: 9_000, leftOut: [] },
        fields: [{ name: 'name', type: string, nullable: true }],
        engines: [
          { engine: 'row', rows: 8_990, seconds: 1.25 },
          {
            ...{ engine: 'bulk', rows: 8_991, seconds: 0.5 },
            difference: {
              ...{ kind: 'value', key: 'week 24', column: 'name', left: '"A"', right: '"a\u001b"' },
              rows: [{}, {}],
            },
          },
        ],
        culprit: {
          ...{ step: 'select name = upper(week)', expression: 'upper(week)', inputFields },
          ...{ input: { week: 24 }, values: ['"A"', '"a"'] },
        },
      },
      { width: 80, color: false },
    );
    expect(lines).toEqual([
      'sample  9,000 of 20,000 rows of /lake/promotions',
      '',
      'engine   rows  seconds  equal',
      'row     8,990      1.3  compared with',
      'bulk    8,991      0.5  no',
      '',
      'row and bulk differ: name is "A" and "a\\u001b" where week 24',
      '  step        select name = upper(week)',
      '  expression  upper(week)',
      '  of the row  week 24',
      '  row         "A"',
      '  bulk        "a"',
    ]);
  });
});
