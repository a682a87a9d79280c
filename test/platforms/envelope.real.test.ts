import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openEnvelope } from '../../entry/config-envelope.ts';
import {
  type Envelope,
  ENVELOPE_TARGETS,
  type EnvelopeTarget,
  sealConfig,
  uploadTo,
} from '../../platforms/envelope.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { launch, PYTHON, withoutPython } from '../launcher/launch.ts';
import { yarn } from '../twins/yarn.ts';

const forever = new AbortController().signal;
const FLAG = '--load_promos_job';
const OTHERS = ['--module_name', 'load_promos', '--run_id', 'r-1', '--attempt', '1', FLAG];
const FOLDER = `s3://${BUCKET}/configs`;
const PYTHON_WITH_JINJA = process.env['DRAY_TEST_MOTO'] ?? '';

const ODD = {
  extractor_config: {
    strategy: 'PARQUET',
    nested: { deeper: { braces: '{{ ds }}{% raw %}{# #}' } },
  },
  quotes: '\'"`',
  backslashes: '\\ \\\\ \\n \\u0041',
  shell: '$HOME $(id) $$ ${x} !! ; & | * ~',
  databricks: '{{job.id}} {{secrets/a/b}}',
  yarn: '<CPS> {{PWD}} }}',
  unicode: 'Zoë 😀 \u2028 \u0000 \ud83d 漢字',
  empty: {},
};
const CONFIGS = [
  { path: '/data' },
  { flat: 'say "x" \\ `id` $HOME \'' },
  ODD,
  { ...ODD, filler: 'a{"}'.repeat(2000) },
  { ...ODD, filler: 'x'.repeat(100_000) },
  { ...ODD, filler: 'ü'.repeat(50_000) },
];

const [J, B, O] = ['json', 'base64url', 'object'] as const satisfies readonly Envelope['form'][];
/** Of the configs above, in their order. */
const FORMS: Readonly<Record<EnvelopeTarget, readonly Envelope['form'][]>> = {
  databricks: [J, J, B, O, O, O],
  glue: [J, J, J, O, O, O],
  emr: [J, B, B, O, O, O],
  'emr-serverless': [J, B, B, O, O, O],
  container: [J, J, J, J, J, O],
  kubernetes: [J, J, B, B, O, O],
  local: [J, J, J, J, J, O],
};

/** What each way does to an argument; what none does is in `launch` below, for all of them. */
const WAYS: Readonly<Record<EnvelopeTarget, (text: string) => string>> = {
  // https://docs.databricks.com/aws/en/jobs/dynamic-value-references
  databricks: (text) => text.replaceAll(/\{\{[^{}]*\}\}/g, 'resolved'),
  glue: (text) => text,
  emr: yarn,
  'emr-serverless': yarn,
  // An entry of an image that goes through a shell.
  container: (text) => shell('printf %s "$1"', text),
  // https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
  kubernetes: (text) =>
    text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (all, name: string | undefined) =>
      name === undefined ? '$' : name === 'HOME' ? '/root' : all,
    ),
  local: (text) => text,
};

function shell(script: string, argument: string): string {
  return execFileSync('bash', ['-c', script, 'bash', argument], { encoding: 'utf8' });
}

function jinja(text: string): string {
  const program =
    'import jinja2, sys; sys.stdout.write(jinja2.Template(sys.stdin.read()).render())';
  return execFileSync(PYTHON_WITH_JINJA, ['-c', program], {
    input: text,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

const without = withoutPython || withoutMoto;

(without === '' ? describe : describe.skip)(`a config on its way to a job${without}`, () => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  /** Through the launcher, as arguments of real processes, into the entry. */
  async function arrived(...texts: readonly string[]): Promise<readonly unknown[]> {
    const args = texts.flatMap((text) => [...OTHERS, text]);
    using launched = launch(PYTHON, args, { DRAY_SPARK: 'off', STAND_IN_EXIT: '0' });
    await launched.ended;
    const { argv } = await launched.started;
    const flags = argv.flatMap((word, index) => (word === FLAG ? [index] : []));
    expect(flags).toHaveLength(texts.length);
    return await Promise.all(
      flags.map(
        async (at) =>
          await openEnvelope(FLAG, argv[at + 1] ?? '', {
            readFile: () => Promise.reject(new Error('no files here')),
            readObject: async (uri) =>
              await s3.openStorage(FOLDER).read(uri.slice(FOLDER.length + 1), forever),
          }),
      ),
    );
  }

  it.each(ENVELOPE_TARGETS)('arrives by way of %s as it was sent', async (target) => {
    const upload = uploadTo(s3.openStorage, FOLDER, forever);
    const envelopes = await Promise.all(
      CONFIGS.map(async (config) => await sealConfig(config, { target, others: OTHERS, upload })),
    );
    const found = await arrived(...envelopes.map(({ text }) => WAYS[target](text)));
    expect(found).toEqual(CONFIGS);
    expect(envelopes.map(({ form }) => form)).toEqual(FORMS[target]);
  });

  it.each(ENVELOPE_TARGETS)('arrives by way of Airflow and %s as it was sent', async (target) => {
    const upload = uploadTo(s3.openStorage, FOLDER, forever);
    const sent = [ODD, { ...ODD, filler: 'x{{'.repeat(34_000) }];
    const options = { target, others: OTHERS, jinja: true, upload };
    const envelopes = await Promise.all(sent.map(async (one) => await sealConfig(one, options)));
    const found = await arrived(...envelopes.map(({ text }) => WAYS[target](jinja(text))));
    expect(found).toEqual(sent);
  });

  it('would not arrive without its envelope', () => {
    const naive = JSON.stringify({ ...ODD, unicode: '' });
    for (const target of ['databricks', 'kubernetes'] as const) {
      expect(WAYS[target](naive)).not.toBe(naive);
    }
    expect(() => yarn(naive)).toThrow();
    expect(() => jinja(naive)).toThrow();
  });

  it('is refused when the object was replaced after it was sent', async () => {
    const upload = uploadTo(s3.openStorage, FOLDER, forever);
    const config = { filler: 'y'.repeat(20_000) };
    const { text, uri = '' } = await sealConfig(config, { target: 'glue', others: OTHERS, upload });
    const key = uri.slice(FOLDER.length + 1);
    await s3.openStorage(FOLDER).write(key, '{"filler": "z"}', forever);
    await expect(arrived(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      exitCode: 2,
      message: expect.stringContaining('changed after it was sent'),
    });
  });
});

describe('the form of a config', () => {
  const formOf = async (config: unknown, target: EnvelopeTarget, jinja = false) =>
    (
      await sealConfig(config, {
        target,
        others: OTHERS,
        jinja,
        upload: () => Promise.resolve('s3://b/k'),
      })
    ).form;

  it.each([
    ['databricks', { a: { b: 1 } }, 'json'],
    ['databricks', { a: '{{job.id}}' }, 'base64url'],
    ['databricks', { a: 'x'.repeat(9_000) }, 'json'],
    ['databricks', { a: `{{${'x'.repeat(9_000)}` }, 'object'],
    ['emr', { a: 1 }, 'json'],
    ['emr', { a: { b: 1 } }, 'base64url'],
    ['emr', { a: { b: 'x'.repeat(8_000) } }, 'object'],
    ['kubernetes', { a: '$HOME' }, 'json'],
    ['kubernetes', { a: '$(HOME)' }, 'base64url'],
    ['local', { a: 'x'.repeat(130_000) }, 'json'],
    ['local', { a: 'x'.repeat(131_072) }, 'object'],
  ] as const)('for %s is what it takes', async (target, config, form) => {
    expect(await formOf(config, target)).toBe(form);
  });

  it('is not what Airflow would render', async () => {
    expect(await formOf({ a: '{%' }, 'glue')).toBe('json');
    expect(await formOf({ a: '{%' }, 'glue', true)).toBe('base64url');
  });

  it('is an error when the config is too large and nothing takes it', async () => {
    const sealing = sealConfig({ a: 'x'.repeat(20_000) }, { target: 'glue', others: OTHERS });
    await expect(sealing).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('20008 bytes'),
      hint: expect.stringContaining('S3'),
    });
  });
});
