import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import { renderReport } from '../../../entry/report/render.ts';
import { openFileStorage } from '../../../state/artifacts/file.ts';
import { writeReport } from '../../../entry/report/write.ts';
import { endedRun, outcomeOf, sinkOf } from '../ended-run.ts';

/** The page's text as a reader sees it. */
function textOf(page: string): string {
  return page
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('the report of a completed run', () => {
  const page = renderReport(endedRun({ outcome: outcomeOf() }));
  const text = textOf(page);

  it('shows the law as an equation that was checked', () => {
    expect(text).toContain(
      '441,984 read = 441,690 loaded + 6 quarantined + 0 filtered + 0 dropped + 288 deduplicated ✓ it adds up',
    );
  });

  it('says so when the rows do not add up', () => {
    const sinks = [sinkOf({ loaded: 1 })];
    const wrong = renderReport(endedRun({ outcome: outcomeOf({ sinks }) }));
    expect(textOf(wrong)).toContain('✗ it does not add up');
  });

  it.each([
    ['window', '2017-05-29 to 2017-06-19'],
    ['platform', 'LOCAL no platform was found'],
    ['engine and why', 'bulk &quot;strategy_type&quot; is not set'],
    ['steps', 'claim: 0.1 s 80 ms ✓'],
    ['sinks', 'redshift postgres ✓ loaded 441,690 2.4 s 184,038 rows/s overwrite_window'],
    ['rules', 'week_in_range ! quarantined is quarantined - 6'],
    ['warnings', 'product_known: 1200 rows; 3 products'],
    ['rows per week', 'week 24: 133,884 rows'],
    ['sample rows', 'front page feature'],
    ['contract', 'promo_score decimal(5,2) never'],
    ['config', '&quot;password&quot;: &quot;secret://env/DB_PASSWORD&quot;'],
    ['extra columns', 'campaign_id'],
    ['quarantine', 'promotions.quarantine/run_id=run-1/part-0.parquet'],
  ])('has the %s', (_, part) => {
    expect(text).toContain(part);
  });

  it('needs nothing from elsewhere and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|\son\w+=/i);
    expect(page).not.toMatch(/(?:src|href)=/);
  });
});

describe('the report of a failed run', () => {
  const error = new JobError('QUARANTINE_LIMIT', 'quarantined 12,000 rows', {
    hint: 'look at them',
  });
  const text = textOf(renderReport(endedRun({ error })));

  it('says what failed, what to do next and where it stopped', () => {
    expect(text).toMatch(/failed load_promos 2017-05-29 to 2017-06-19 in 4\.8 s/);
    expect(text).toMatch(
      /QUARANTINE_LIMIT quarantined 12,000 rows .*next: look at them exit code 4/,
    );
    expect(text).toContain('write: 2.6 s 2.6 s ✗ failed');
    expect(text).toContain('&quot;source_table&quot;: &quot;/data/promotions&quot;');
  });

  it('has no section for what there is not', () => {
    expect(text).not.toMatch(/Where every row went|Targets|Rules|Sample rows|Rows per/);
  });
});

it('says that nothing was loaded twice when every sink was reused', () => {
  const sinks = [sinkOf({ status: 'reused', seconds: 0 })];
  const page = renderReport(endedRun({ outcome: outcomeOf({ sinks }) }));
  expect(textOf(page)).toMatch(/ reused load_promos .*so nothing was loaded twice/s);
});

it('escapes every text, wherever it comes from', () => {
  const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
  const outcome = outcomeOf({
    engineReason: evil,
    source: evil,
    quarantine: evil,
    warnings: [evil],
    extraColumns: [evil],
    rules: [{ rule: evil, action: 'warn', rows: 1, verdict: 'broken', detail: evil }],
    partitions: [{ value: evil, rows: 1 }],
    sinks: [
      sinkOf({ sink: evil, kind: evil, target: evil, loadId: evil, sample: [{ [evil]: evil }] }),
    ],
  });
  const ended = endedRun({ outcome });
  const hostile = {
    ...ended,
    run: { ...ended.run, runId: evil, job: evil, createdBy: evil },
    platform: { ...ended.platform, evidence: evil },
    config: { [evil]: evil },
    steps: [{ name: evil, seconds: 1, ok: true }],
  };
  const failed = { ...hostile, error: new JobError('INTERNAL', evil, { hint: evil }) };
  for (const page of [renderReport(hostile), renderReport(failed)]) {
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img');
  }
});

it('is written whole, under the name of its run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dray-report-test-'));
  try {
    const ended = endedRun({ outcome: outcomeOf() });
    const below = join(folder, 'reports');
    const path = await writeReport(openFileStorage(below), ended);
    expect(path).toBe(join(below, `${ended.run.runId}.html`));
    expect(await readFile(path, 'utf8')).toBe(renderReport(ended));
    expect(await readdir(below)).toHaveLength(1);
    const evil = { ...ended, run: { ...ended.run, runId: '../../evil' } };
    expect(await writeReport(openFileStorage(below), evil)).toBe(
      join(below, '..%2F..%2Fevil.html'),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
