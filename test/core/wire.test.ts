import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { JobError } from '../../core/errors.ts';
import { fromWire, parseConfig, toWire } from '../../core/wire.ts';
import { isWireName, toCamelCase, toSnakeCase } from '../../core/wire-name.ts';

const loader = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('DELTA'), path: z.string() }),
  z.strictObject({
    strategy: z.literal('POSTGRES'),
    jdbcUrl: z.string().startsWith('jdbc:'),
    password: z.string().min(8).optional(),
    properties: z.record(z.string(), z.string()).default({}),
    mode: z.enum(['append', 'merge', 'overwrite_window']).default('overwrite_window'),
  }),
]);
const schema = z.strictObject({
  extractorConfig: loader,
  redshiftLoaderConfig: loader.optional(),
  lockTimeoutS: z.number().int().min(1).max(86_400).default(600),
  limit: z.union([z.string(), z.number()]).optional(),
  rules: z.array(z.strictObject({ ruleName: z.string().min(1) })).optional(),
  partitionBy: z
    .string()
    .refine((name) => name === 'week', 'must be "week", the only column that partitions')
    .optional(),
});
const DELTA = { strategy: 'DELTA', path: '/data/promotions' };
const POSTGRES = { strategy: 'POSTGRES', jdbc_url: 'jdbc:postgresql://db/promos' };

/** The lines of what is wrong with a config. */
function problemsOf(json: unknown): readonly string[] {
  try {
    parseConfig(schema, json);
  } catch (error) {
    if (!(error instanceof JobError) || error.code !== 'CONFIG_INVALID') throw error;
    const [first = '', ...lines] = error.message.split('\n');
    if (lines.length === 0) return [first.replace('the config is not valid: ', '')];
    expect(first).toBe(`the config has ${String(lines.length)} problems:`);
    return lines.map((line) => line.replace('  - ', ''));
  }
  throw new Error('it is valid');
}

it('gives a valid config its type, with defaults', () => {
  const properties = { user: 'ada', ApplicationName: 'x', 'socket-timeout': '3' };
  const json = { extractor_config: { ...POSTGRES, properties }, rules: [{ rule_name: 'a' }] };
  expect(parseConfig(schema, json)).toEqual({
    extractorConfig: {
      strategy: 'POSTGRES',
      jdbcUrl: 'jdbc:postgresql://db/promos',
      properties,
      mode: 'overwrite_window',
    },
    lockTimeoutS: 600,
    rules: [{ ruleName: 'a' }],
  });
});

it.each<[string, unknown, string]>([
  ['a missing object', {}, 'extractor_config: missing, must be an object'],
  [
    'an unknown strategy',
    { extractor_config: { strategy: 'DELAT' } },
    'extractor_config.strategy: must be one of "DELTA", "POSTGRES", got "DELAT", did you mean "DELTA"?',
  ],
  [
    'no strategy',
    { extractor_config: {} },
    'extractor_config.strategy: missing, must be one of "DELTA", "POSTGRES"',
  ],
  [
    'a key with a slip',
    { extractor_config: { strategy: 'DELTA', pth: '/data' } },
    'extractor_config.pth: unknown key, did you mean "path"?',
  ],
  [
    'a key in camelCase',
    { extractorConfig: DELTA },
    'extractorConfig: unknown key, did you mean "extractor_config"?',
  ],
  [
    'a key of another branch',
    { extractor_config: { ...DELTA, jdbc_url: 'jdbc:x' } },
    'extractor_config.jdbc_url: unknown key; known here: strategy, path',
  ],
  [
    'a key in a list',
    { extractor_config: DELTA, rules: [{ rule_name: 'a' }, { rule_name: 'b', x_y: 1 }] },
    'rules[1].x_y: unknown key; known here: rule_name',
  ],
  [
    'a key that nobody can type by accident',
    JSON.parse('{"extractor_config": {"strategy": "DELTA", "path": "/", "__proto__": {"a": 1}}}'),
    'extractor_config.__proto__: a key of this name is not allowed',
  ],
  [
    'a prototype key where keys are free',
    {
      extractor_config: { ...POSTGRES, properties: JSON.parse('{"constructor": "x"}') as unknown },
    },
    'extractor_config.properties.constructor: a key of this name is not allowed',
  ],
  [
    'a value of another type',
    { extractor_config: DELTA, lock_timeout_s: '5' },
    'lock_timeout_s: must be a number, got "5"',
  ],
  [
    'a fraction',
    { extractor_config: DELTA, lock_timeout_s: 1.5 },
    'lock_timeout_s: must be a whole number, got 1.5',
  ],
  [
    'a number that is too low',
    { extractor_config: DELTA, lock_timeout_s: 0 },
    'lock_timeout_s: must be at least 1, got 0',
  ],
  [
    'none of two types',
    { extractor_config: DELTA, limit: true },
    'limit: must be text or a number, got true',
  ],
  [
    'an empty text',
    { extractor_config: DELTA, rules: [{ rule_name: '' }] },
    'rules[0].rule_name: must not be empty, got ""',
  ],
  [
    'a rule with its own words',
    { extractor_config: DELTA, partition_by: 'store_id' },
    'partition_by: must be "week", the only column that partitions, got "store_id"',
  ],
  [
    'a free key with a wrong value',
    { extractor_config: { ...POSTGRES, properties: { fetchSize: {} } } },
    'extractor_config.properties.fetchSize: must be text, got an object',
  ],
  ['a text', 'DELTA', 'must be an object, got "DELTA"'],
])('says what is wrong with %s', (_, json, line) => {
  expect(problemsOf(json)).toEqual([line]);
});

it('lists all problems, each once', () => {
  const json = {
    extractor_config: { strategy: 'DELTA', Path: '/data' },
    redshift_loader_config: { ...POSTGRES, mode: 'apend', JdbcUrl: 'jdbc:x' },
    lock_timeout_s: null,
    colour: 'red',
  };
  expect(problemsOf(json)).toEqual([
    'extractor_config.Path: unknown key, did you mean "path"?',
    'redshift_loader_config.JdbcUrl: unknown key, did you mean "jdbc_url"?',
    'colour: unknown key; known here: extractor_config, redshift_loader_config, lock_timeout_s, limit, rules, partition_by',
    'redshift_loader_config.mode: must be one of "append", "merge", "overwrite_window", got "apend", did you mean "append"?',
    'lock_timeout_s: must be a number, got null',
  ]);
});

describe('secrets and hostile text in a config', () => {
  it('are not in the message', () => {
    const json = {
      extractor_config: {
        strategy: 'POSTGRES',
        jdbc_url: 'postgres://ada:geheim@db/x?password=geheim',
        password: 'geheim',
        properties: { password: ['geheim'], db_token: 7 },
      },
    };
    const lines = problemsOf(json);
    expect(lines.join('\n')).not.toMatch(/geheim|7/);
    expect(lines).toContain(
      'extractor_config.password: must have at least 8 characters (the value is not shown)',
    );
    expect(lines).toContain(
      'extractor_config.jdbc_url: must start with "jdbc:", got "postgres://ada:***@db/x?password=***"',
    );
  });

  it('cannot forge a line of it', () => {
    const [line] = problemsOf({ extractor_config: DELTA, 'a\nb\u001b[2J': 1 });
    expect(line).toMatch(/^\["a\\nb\\u001b\[2J"\]: unknown key/);
    const long = { extractor_config: DELTA, lock_timeout_s: `\u009b${'x'.repeat(500)}` };
    expect(problemsOf(long)[0]).toMatch(/got "\\u009bx{79}…"$/);
  });

  it('cannot exhaust the stack by depth', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(problemsOf({ extractor_config: DELTA, rules: deep }).join('\n')).toContain(
      'nested too deeply',
    );
  });
});

it('translates names there and back without a loss', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/);
  fc.assert(
    fc.property(name, (wire) => {
      expect(isWireName(wire)).toBe(true);
      expect(toSnakeCase(toCamelCase(wire))).toBe(wire);
    }),
  );
});

it('leaves what it does not translate as it was, and its input alone', () => {
  const json = { a_b: [{ c_d: null }, 1, 'x_y'], options: { e_f: { g_h: 1 } } };
  const before = structuredClone(json);
  expect(fromWire(json)).toEqual({
    value: { aB: [{ cD: null }, 1, 'x_y'], options: { e_f: { g_h: 1 } } },
    refused: [],
  });
  expect(toWire(fromWire(json).value)).toEqual(json);
  expect(json).toEqual(before);
});
