import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { JobError } from '../../core/errors.ts';
import { type EntryArguments, parseEntryArguments } from '../../entry/arguments.ts';
import { entryHelp } from '../../entry/flags.ts';

const JOBS = ['load_promos', 'raw_analysis'];
const FILES = new Map([['/conf/promos.json', '\ufeff{"extractor_config": {}}\n']]);
const OBJECTS = new Map([['s3://conf/promos.json', Buffer.from('{"a": 1}')]]);
const HASH = createHash('sha256').update('{"a": 1}').digest('hex');
const io = {
  readFile(path: string) {
    const text = FILES.get(path);
    return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
  },
  readObject(uri: string) {
    if (uri.startsWith('s3://denied')) {
      return Promise.reject(new JobError('TARGET_DENIED', 'no permission', { hint: 'ask' }));
    }
    if (uri.startsWith('s3://far')) {
      return Promise.reject(new JobError('TARGET_UNAVAILABLE', 'no network'));
    }
    return Promise.resolve(OBJECTS.get(uri));
  },
};
const MINIMUM = ['--module_name', 'load_promos', '--load_promos_job', '{}'];

async function parse(...argv: readonly string[]): Promise<EntryArguments> {
  return await parseEntryArguments(argv, io, JOBS);
}

async function failureOf(...argv: readonly string[]): Promise<JobError> {
  return await parse(...argv).then(
    () => {
      throw new Error('it parsed');
    },
    (error: unknown) => {
      if (error instanceof JobError) return error;
      throw error;
    },
  );
}

it('reads every flag, with a space or an equals sign', async () => {
  const words = [
    ['--module_name', 'load_promos'],
    ['--load_promos_job', '{"extractor_config": {"source_table": "--x={{ }}"}}'],
    ['--start_date', '2017-06-05'],
    ['--end_date', '2017-06-12'],
    ['--created_by', 'airflow'],
    ['--service_provider', 'GLUE'],
    ['--run_id', 'scheduled__2017-06-05T00:00:00'],
    ['--attempt', '3'],
    ['--store', '/var/dray/runs.db'],
  ];
  const booleans = ['--force', '--dry_run', '--verbose'];
  const expected = {
    kind: 'run',
    job: 'load_promos',
    config: { extractor_config: { source_table: '--x={{ }}' } },
    startDate: '2017-06-05',
    endDate: '2017-06-12',
    createdBy: 'airflow',
    serviceProvider: 'GLUE',
    runId: 'scheduled__2017-06-05T00:00:00',
    attempt: 3,
    store: '/var/dray/runs.db',
    force: true,
    dryRun: true,
    verbose: true,
  };
  expect(await parse(...words.flat(), ...booleans)).toEqual(expected);
  expect(await parse(...booleans, ...words.map((pair) => pair.join('=')))).toEqual(expected);
});

it('needs a job and its config only', async () => {
  expect(await parse(...MINIMUM)).toEqual({
    kind: 'run',
    job: 'load_promos',
    config: {},
    createdBy: 'dray',
    attempt: 1,
    force: false,
    dryRun: false,
    verbose: false,
  });
});

it.each([
  'load_promos',
  'load_promos_job_factory',
  'dwh.jobs.load_promos',
  'dwh.jobs.load_promos.load_promos_job_factory',
])('finds the job in --module_name %s', async (name) => {
  const argv = ['--module_name', name, '--load_promos_job', '{}'];
  expect(await parse(...argv)).toMatchObject({ job: 'load_promos' });
});

it.each(['load_promos_', 'dwh.jobs.lod_promos_job_factory', 'load-promos'])(
  'knows no job in --module_name %s, and names the nearest',
  async (name) => {
    const { code, message, hint } = await failureOf('--module_name', name, '--load_promos_job={}');
    expect(code).toBe('JOB_UNKNOWN');
    expect(message).toContain(`"${name}"`);
    expect(hint).toBe('did you mean "load_promos"? jobs: load_promos, raw_analysis');
  },
);

it.each([
  ['--module_name is missing', []],
  ['--load_promos_job is missing', ['--module_name', 'load_promos']],
  ['unknown flag --start-date', [...MINIMUM, '--start-date', '2017-06-05']],
  ['unknown flag --no-force', [...MINIMUM, '--no-force']],
  ['unknown flag --__proto__', [...MINIMUM, '--__proto__', 'x']],
  ['unknown flag -force', [...MINIMUM, '-force']],
  ['unknown flag -v', [...MINIMUM, '-v']],
  ['--run_id is given twice', [...MINIMUM, '--run_id', 'a', '--run_id=a']],
  ['--force is given twice', [...MINIMUM, '--force', '--force']],
  ['--force takes no value', [...MINIMUM, '--force=true']],
  ['unexpected "false"', [...MINIMUM, '--force', 'false']],
  ['unexpected "stray"', ['stray', ...MINIMUM]],
  ['unexpected "--force"', [...MINIMUM, '--', '--force']],
  ['--created_by needs a value', [...MINIMUM, '--created_by', '--force']],
  ['--created_by needs a value', [...MINIMUM, '--created_by=']],
  ['--start_date needs a value', [...MINIMUM, '--start_date']],
  ['--service_provider is not one of them: "glue"', [...MINIMUM, '--service_provider', 'glue']],
  ['--run_id is not an id: "a b"', [...MINIMUM, '--run_id', 'a b']],
  ['--run_id is not an id: "', [...MINIMUM, '--run_id', 'x'.repeat(129)]],
  ['--attempt is not a positive whole number: "0"', [...MINIMUM, '--attempt', '0']],
  ['--attempt is not a positive whole number: "-1"', [...MINIMUM, '--attempt', '-1']],
  ['--attempt is not a positive whole number: "1e3"', [...MINIMUM, '--attempt=1e3']],
  ['--raw_analysis_job is not for job "load_promos"', [...MINIMUM, '--raw_analysis_job', '{}']],
])('says "%s"', async (message, argv) => {
  const error = await failureOf(...argv);
  expect(error).toMatchObject({ code: 'ARGUMENTS_INVALID', exitCode: 2 });
  expect(error.message.slice(0, message.length)).toBe(message);
});

it('names the flag that an unknown one was meant to be', async () => {
  expect((await failureOf(...MINIMUM, '--strat_date=x')).hint).toBe('did you mean --start_date?');
  expect((await failureOf(...MINIMUM, '--load_promo_job=x')).hint).toBe(
    'did you mean --load_promos_job?',
  );
  expect((await failureOf(...MINIMUM, '--colour')).hint).toBe('--help lists all flags');
});

it.each([
  ['one date alone', ['--start_date', '2017-06-05']],
  ['no calendar date', ['--start_date', '2017-06-31', '--end_date', '2017-07-02']],
  ['an empty window', ['--start_date', '2017-06-05', '--end_date', '2017-06-05']],
])('refuses %s as a window', async (_, argv) => {
  expect(await failureOf(...MINIMUM, ...argv)).toMatchObject({ code: 'WINDOW_INVALID' });
});

it('refuses the address of a store without showing it', async () => {
  const error = await failureOf(...MINIMUM, '--store', 'postgres://ada:geheim@db/runs');
  expect(error.code).toBe('NOT_SUPPORTED');
  expect(error.message).not.toContain('geheim');
});

it('says everything that is wrong at once', async () => {
  const error = await failureOf(
    ...['--module_name', 'lod_promos', '--load_promos_job', '[', '--frce'],
    ...['--start_date', '2017-06-05', '--attempt', 'x'],
  );
  expect(error.code).toBe('ARGUMENTS_INVALID');
  expect(error.message.split('\n')).toEqual([
    'the arguments have 5 problems:',
    '  - unknown flag --frce; did you mean --force?',
    expect.stringContaining('  - --module_name names no job: "lod_promos"; did you mean'),
    expect.stringContaining('  - --load_promos_job is not JSON: expected a value at line 1'),
    expect.stringContaining('  - --start_date is given without --end_date'),
    expect.stringContaining('  - --attempt is not a positive whole number'),
  ]);
});

it('does not repeat the pieces of a config that a shell has torn', async () => {
  const torn = ['--module_name', 'load_promos', '--load_promos_job', '{"password":', '"geheim"}'];
  const error = await failureOf(...torn);
  expect(error.message).toContain('unexpected piece of JSON; put single quotes around');
  expect(error.message).not.toContain('geheim');
});

it('asks for help and version whatever else is there', async () => {
  expect(await parse('--help', '--colour', 'x')).toEqual({ kind: 'help' });
  expect(await parse(...MINIMUM, '--version')).toEqual({ kind: 'version' });
  expect(entryHelp(JOBS)).toContain('JOB is one of: load_promos, raw_analysis');
});

describe('the config', () => {
  async function configOf(text: string): Promise<unknown> {
    const parsed = await parse('--module_name', 'load_promos', '--load_promos_job', text);
    return parsed.kind === 'run' ? parsed.config : undefined;
  }
  const encoded = (text: string | Uint8Array): string =>
    `base64url:${Buffer.from(text as string).toString('base64url')}`;

  it('comes as JSON, from a file, or in base64url with or without padding', async () => {
    expect(await configOf(' {"a": {"b": "}}"}} ')).toEqual({ a: { b: '}}' } });
    expect(await configOf('@/conf/promos.json')).toEqual({ extractor_config: {} });
    expect(await configOf(encoded('{"é": "{{ x }}"}'))).toEqual({ é: '{{ x }}' });
    expect(await configOf('base64url:e30=')).toEqual({});
  });

  it.each([
    ['', 'needs a value', undefined],
    ['[]', 'is not a JSON object but a list', 'looks like'],
    ['null', 'is not a JSON object but null', 'looks like'],
    ['"x"', 'is not a JSON object but a string', 'looks like'],
    ['{"a": 1,}', 'expected a key in double quotes at line 1, column 9', 'no comma'],
    ['{"a": [1,]}', 'expected a value at line 1, column 10', 'no comma'],
    ["{'a': 1}", 'expected a key in double quotes at line 1, column 2', 'double quotes'],
    ['{a: {b: c}}', 'expected a key in double quotes', 'shell has removed the double quotes'],
    ['{"a": {"b": 1', 'expected "," or "}" at line 1, column 14', 'YARN and Jinja'],
    ['$"a": 1}', 'expected a value at line 1, column 1', 'YARN and Jinja'],
    ['{"a":\n  1 "b": 2}', 'expected "," or "}" at line 2, column 5', 'correct the JSON'],
    ['{"a": "x\ny"}', 'expected a closing ", or \\n for a line break', 'correct'],
    ['{"a": "\\x"}', 'expected an escape such as', 'correct'],
    ['{} // done', 'expected nothing more at line 1, column 4', 'no comments'],
    ['{"a": 01}', 'expected a value at line 1, column 7', 'correct'],
    ['base64url:%%', 'is not base64url', 'encode'],
    [encoded(Uint8Array.of(0x7b, 0xff)), 'is not UTF-8 text in base64url', 'encode'],
    [encoded('{"a"'), '(base64url) is not JSON: expected ":"', 'YARN'],
    ['@/conf/none.json', '"/conf/none.json" cannot be read: ENOENT', 'JSON file'],
  ])('is refused when it is %j', async (text, message, hint) => {
    const error = await configOf(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: text === '' ? 'ARGUMENTS_INVALID' : 'CONFIG_INVALID',
      message: expect.stringContaining(message),
      hint: hint === undefined ? undefined : expect.stringContaining(hint),
    });
  });

  it('never shows a piece of a broken config', async () => {
    const error = await configOf('{"password": geheim}').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error).not.toHaveProperty('cause');
    expect(String(error)).not.toContain('geheim');
  });

  it('comes from a bucket, and is then the very object that the hash is of', async () => {
    expect(await configOf('@s3://conf/promos.json')).toEqual({ a: 1 });
    expect(await configOf(`@s3://conf/promos.json#sha256=${HASH}`)).toEqual({ a: 1 });
  });

  it.each([
    ['@s3://conf/promos.json#sha256=00', 'CONFIG_INVALID', '"#sha256=00" is no SHA-256'],
    [`@s3://conf/promos.json#sha256=${'0'.repeat(64)}`, 'CONFIG_INVALID', HASH],
    ['@s3://conf/nothing', 'CONFIG_INVALID', 'there is no "s3://conf/nothing"'],
    ['@s3://denied/x', 'CONFIG_INVALID', '"s3://denied/x" cannot be read: no permission'],
    ['@s3://far/x', 'TARGET_UNAVAILABLE', 'no network'],
    ['@gs://bucket/x', 'NOT_SUPPORTED', 'a config from gs:// is not built yet'],
  ])('%s is refused', async (text, code, message) => {
    await expect(configOf(text)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
