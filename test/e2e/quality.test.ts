import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../core/engine.ts';
import { expectFailure, expectLoads, expectMessage, openScene, type Scene } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

/** Arguments for the scene's config with these rules, which `scene.args` would merge as an object. */
async function withRules(rules: readonly unknown[], ratio = 1): Promise<readonly string[]> {
  const quality = { max_quarantined_ratio: ratio, rules };
  const args = [...(await scene.args())];
  const at = args.findIndex((each) => each.startsWith('@'));
  const config = await scene.world.duckdb(
    `select content from read_text(${quote((args[at] ?? '').slice(1))})`,
  );
  const json = JSON.parse(String(config[0]?.['content'])) as Record<string, unknown>;
  args[at] = JSON.stringify({ ...json, quality });
  return args;
}

const SCORE = { rule: 'range', column: 'promo_score', min: 0.6 };

describe('quality rules of a config', () => {
  it('fail a run with every rule that is broken; nothing is loaded, the quarantine is kept', async () => {
    const args = await withRules([
      { ...SCORE, name: 'score' },
      { rule: 'row_count', max: 10 },
      { rule: 'freshness', column: 'end_date', max_age: '7d' },
      { rule: 'unique', columns: ['product_id'] },
      { rule: 'accepted', column: 'mailer_code', values: ['0', 'A', 'D'], action: 'quarantine' },
      { rule: 'not_null', column: 'promo_id' },
    ]);
    const { line, stderr } = await expectFailure(scene, [...args, '--run_id', 'broken'], {
      exit: 4,
      code: 'QUALITY_FAILED',
      says: [
        '4 quality rules failed:',
        /* score: */ 'rows (',
        'such as product_id ',
        'row_count: ',
        'at most 10 are expected',
        'the newest end_date 2017-06-12 is ',
        'product_id_unique: ',
        'run_id=broken/part-0.parquet',
      ],
    });
    expect(stderr).toMatch(/promo_id_not_null +fail +[\d,]+ +0 +✓ passed/);
    expect(stderr).toMatch(/mailer_code_accepted +quarantine +[\d,]+ +[\d,]+ +! quarantined/);
    const kept = await scene.world.duckdb(
      `select count(*) as rows from read_parquet(${quote(join(`${scene.at.stage}.quarantine`, 'run_id=broken', 'part-0.parquet'))}, hive_partitioning = false)`,
    );
    expect(line).toMatchObject({
      rules_left_out: 0,
      rules: expect.arrayContaining([
        expect.objectContaining({ rule: 'score', verdict: 'failed' }),
        expect.objectContaining({ rule: 'mailer_code_accepted', rows: Number(kept[0]?.['rows']) }),
      ]),
    });
  });

  it('drop rows that the law, the ledger and every sink account for, and reload when they change', async () => {
    const args = await withRules([{ ...SCORE, action: 'drop' }]);
    const { line, stderr } = await expectLoads(scene, args);
    const counts = line?.['counts'] as Record<string, number>;
    const { read = 0, dropped = 0, filtered = 0, deduplicated = 0 } = counts;
    expect(dropped).toBeGreaterThan(100);
    const loaded = read - dropped - filtered - deduplicated;
    expect(line).toMatchObject({ sinks: [{ loaded }, { loaded }, { loaded }] });
    expect(stderr).toContain(` filtered + ${dropped.toLocaleString('en-US')} dropped + `);
    const rows = await scene.world.query(
      `select count(*)::int as rows, min(promo_score)::float as least from ${scene.at.table} where week = 24`,
    );
    expect(rows).toEqual([{ rows: loaded, least: 0.75 }]);
    const again = await scene.world.run(args);
    expect(again.stderr).toContain('reused, nothing loaded twice');
    expect(again.line).toMatchObject({ counts: { dropped } });
    const verified = await scene.world.dray('verify', '--config', scene.at.file);
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    // A rule that only warns changes no content and causes no load; another one does.
    const warned = await scene.world.run(
      await withRules([
        { ...SCORE, action: 'drop' },
        { rule: 'row_count', max: 1, action: 'warn' },
      ]),
    );
    expect(warned.stderr).toContain('reused, nothing loaded twice');
    const changed = await scene.world.run(
      await withRules([{ ...SCORE, min: 0.8, action: 'drop' }]),
    );
    expect(changed.line).toMatchObject({
      status: 'completed',
      sinks: [{ status: 'loaded' }, {}, {}],
    });
  });

  it('load with a warning, or within what is tolerated', async () => {
    const { line, stderr } = await expectLoads(
      scene,
      await withRules([
        { ...SCORE, name: 'low', action: 'warn' },
        { ...SCORE, name: 'tolerated', threshold: { ratio: 1 } },
        { rule: 'not_null', column: 'department', action: 'warn' },
      ]),
    );
    expect(line).toMatchObject({
      warnings: [
        expect.stringMatching(
          /^low: [\d,]+ of [\d,]+ rows \([\d.]+%\) break it; such as product_id/,
        ),
        expect.stringMatching(/^department_not_null: /),
      ],
      rules: expect.arrayContaining([
        expect.objectContaining({ rule: 'tolerated', verdict: 'tolerated' }),
      ]),
    });
    expect(stderr).toMatch(/tolerated +fail +[\d,]+ +[\d,]+ +✓ tolerated/);
  });

  it('are refused before anything is read, all problems at once', async () => {
    const written = await scene.world.run(
      await withRules([
        { rule: 'acepted', column: 'a', values: ['b'] },
        { rule: 'accepted', column: 'a', values: [], action: 'stop' },
        { rule: 'unique', columns: ['a'], action: 'drop' },
        { rule: 'row_count' },
        { rule: 'matches', column: 'a', pattern: '(?=x)' },
        { rule: 'expression', expression: 'a > ' },
        { rule: 'not_null', colunm: 'a' },
        { rule: 'freshness', column: 'a', max_age: 7 },
        { rule: 'range', column: 'a', max: 1, threshold: {} },
      ]),
    );
    expectMessage(written, {
      exit: 2,
      code: 'CONFIG_INVALID',
      says: [
        'the config has 10 problems',
        'quality.rules[0].rule: must be one of "not_null"',
        'did you mean "accepted"?',
        'quality.rules[1].values: must have at least 1 entry',
        'quality.rules[1].action: must be one of "fail", "quarantine", "drop", "warn", got "stop"',
        'quality.rules[2].action: must be one of "fail", "warn", got "drop"',
        'quality.rules[3]: must have "min", "max" or both',
        'quality.rules[4].pattern: the pattern "(?=x)" is not portable',
        'quality.rules[5].expression: at character 5: expected a column',
        'quality.rules[6].colunm: unknown key, did you mean "column"?',
        'quality.rules[7].max_age: must be text, got 7',
        'quality.rules[8].threshold: must have "rows", "ratio" or both',
      ],
    });
    const twice = await scene.world.run(
      await withRules([
        { rule: 'range', column: 'week', min: 1 },
        { rule: 'row_count', min: 1 },
        { rule: 'row_count', max: 9 },
      ]),
    );
    expectMessage(twice, {
      exit: 2,
      code: 'CONFIG_INVALID',
      says: ['rules[0]: another rule is named "week_range"', 'rules[2]: another rule is'],
    });
  });

  it('are held against the columns of the source, all problems at once', async () => {
    const args = await withRules([
      { rule: 'not_null', column: 'mailer_cod' },
      { rule: 'not_null', column: 'display_location' },
      { rule: 'not_null', column: 'created_by' },
      { rule: 'accepted', column: 'week', values: ['x'] },
      { rule: 'range', column: 'start_date', min: '2017-02-30' },
      { rule: 'matches', column: 'week', pattern: '1' },
      { rule: 'unique', columns: ['prodct_id'] },
      { rule: 'freshness', column: 'brand', max_age: '1d' },
      { rule: 'expression', expression: 'on_display and wek > 1' },
    ]);
    const failure = {
      exit: 2,
      code: 'CONFIG_INVALID',
      says: [
        'does not fit the source, in 9 places',
        'quality.rules[0].column: there is no column "mailer_cod" in source and output, did you mean "mailer_code"?',
        'quality.rules[1].column: "display_location" is one column of the source and another of the output: write source.display_location',
        'quality.rules[2].column: no rule can be about "created_by"',
        'quality.rules[3].values: "x" is not',
        'quality.rules[4].min: "2017-02-30" is not a date',
        'quality.rules[5].column: "week" is int32: only texts match a pattern',
        'quality.rules[6].columns: "prodct_id" is no column of the output',
        'quality.rules[7].column: "brand" is string, no date and no time',
        'quality.rules[8].expression: at character 16: there is no column "wek"',
      ],
    };
    await expectFailure(scene, args, failure);
    await expectFailure(scene, [...args, '--dry_run'], failure);
  });

  it('are refused where another source cannot answer them', async () => {
    const references = { rule: 'references', columns: ['product_id'], in: scene.source };
    await expectFailure(
      scene,
      await withRules([{ ...references, in_columns: ['display_location'] }]),
      {
        exit: 4,
        code: 'SOURCE_SCHEMA',
        says: ['rule product_id_references: ', 'is VARCHAR, which is never equal to int64'],
      },
    );
    await expectFailure(scene, await withRules([{ ...references, in: '/nowhere' }]), {
      exit: 1,
      code: 'SOURCE_NOT_FOUND',
      says: ['/nowhere'],
    });
  });
});
