import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import { printSummary } from '../../../entry/terminal/summary.ts';
import { endedRun, outcomeOf, resultOf, sinkOf } from '../ended-run.ts';

const OPTIONS = { seconds: 4.8, color: false, width: 80 };

function summaryOf(outcome = outcomeOf(), options = {}): string {
  return printSummary(resultOf(endedRun({ outcome })), { ...OPTIONS, ...options });
}

describe('a completed run', () => {
  it('begins with what happened', () => {
    expect(summaryOf().split('\n')[0]).toBe(
      '✓ completed  load_promos  2017-05-29 to 2017-06-19  4.8 s',
    );
  });

  it('accounts for every row, with thousands separators', () => {
    expect(summaryOf()).toContain(
      '441,984 read = 441,690 loaded + 6 quarantined + 0 filtered + 288 deduplicated ✓\n',
    );
  });

  it('says so when the rows do not add up', () => {
    const counts = { read: 441_985, quarantined: 6, filtered: 0, dropped: 0, deduplicated: 288 };
    expect(summaryOf(outcomeOf({ counts }))).toContain('deduplicated ✗ does not add up');
  });

  it('has a line for each sink, and its target in full below', () => {
    expect(summaryOf()).toMatch(/redshift {2}loaded ✓ {2}441,690 +2\.4 +184,038 {2}postgres/);
    expect(summaryOf()).toMatch(/\n {4}postgresql:\/\/warehouse:5432\/dray\/public\.promotions\n/);
  });

  it('has every rule, warnings, quarantine and report', () => {
    const text = summaryOf();
    expect(text).toMatch(/week_in_range +quarantine +- +6 {2}! quarantined\n/);
    expect(text).toMatch(/keys_not_null +quarantine +- +0 {2}✓ passed\n/);
    expect(text).toContain('! warning: product_known: 1200 rows; 3 products');
    expect(text).toContain('run_id=run-1/part-0.parquet');
    expect(text).toContain('/reports/load_promos-20261121T120000-abc123.html');
  });

  it.each([40, 60, 80, 140])('shows sample rows with columns that fit %i', (width) => {
    const lines = summaryOf(outcomeOf(), { width }).split('\n');
    const title = lines.indexOf('  unity: 2 of its rows');
    const table = lines.slice(title + 1, title + 4);
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(table[1]).toMatch(/^ {2}0b4e7a0e… {5}1029743/);
  });

  it('is the same with and without colours', () => {
    const coloured = summaryOf(outcomeOf(), { color: true });
    expect(coloured).not.toBe(summaryOf());
    expect(stripVTControlCharacters(coloured)).toBe(summaryOf());
  });
});

it('says that nothing was loaded twice when every sink was reused', () => {
  const text = summaryOf(outcomeOf({ sinks: [sinkOf({ status: 'reused', seconds: 0 })] }));
  expect(text).toMatch(/^✓ reused, nothing loaded twice {2}load_promos/);
  expect(text).toMatch(/unity {2}reused ✓ {2}441,690 +- +-/);
});

it('neutralises control characters in data, names and places', () => {
  const evil = 'x\u001b[2J\r\nforged\u202e';
  const text = summaryOf(
    outcomeOf({
      source: evil,
      warnings: [evil],
      quarantine: evil,
      sinks: [sinkOf({ target: evil, sample: [{ promo_id: '1', product_id: evil }] })],
      rules: [{ rule: evil, action: 'warn', rows: 1, verdict: 'broken', detail: evil }],
    }),
  );
  expect(text).not.toMatch(/\u001b|\r|\u202e|^forged/m);
  expect(text).toContain('x\\u001b[2J\\r\\nforged\\u202e');
});

describe('a failed run', () => {
  const cause = new Error('postgresql://loader:hunter22@db refused');
  const error = new JobError('TARGET_UNAVAILABLE', 'cannot reach "db:5432"', {
    hint: 'check that it is up',
    cause,
  });
  const failed = resultOf(endedRun({ error }));

  it('says what failed, what to do next and the exit code, without a stack', () => {
    const lines = printSummary(failed, OPTIONS).split('\n');
    expect(lines[0]).toBe('✗ failed  load_promos  2017-05-29 to 2017-06-19  4.8 s');
    expect(lines.slice(3, 6)).toEqual([
      '  TARGET_UNAVAILABLE  cannot reach "db:5432"',
      '  what to do next: check that it is up',
      '  exit code 3, worth a retry',
    ]);
    expect(lines.join('\n')).not.toContain('    at ');
  });

  it('shows stacks and causes on request, without their secrets', () => {
    const redact = (text: string): string => text.replaceAll('db', '???');
    const text = printSummary(failed, { ...OPTIONS, verbose: true, redact });
    expect(text).toMatch(/caused by Error: postgresql:\/\/loader:\*\*\*@\?\?\? refused\n {6}at /);
  });

  it('calls a stopped run cancelled', () => {
    const stopped = new JobError('INTERRUPTED', 'stopped by Ctrl-C');
    expect(printSummary(resultOf(endedRun({ error: stopped })), OPTIONS)).toMatch(/^■ cancelled/);
  });
});
