import type { JobOutcome, SinkOutcome } from '../../jobs/job.ts';
import type { JobError } from '../../core/errors.ts';
import { promotionsContract } from '../../jobs/load-promos/contract.ts';
import { resultLine } from '../../jobs/result-line.ts';
import type { EndedRun, RunResult } from '../../jobs/runner.ts';

const SAMPLE_ROW = {
  promo_id: '0b4e7a0e5fe84ad35fb5f95b9ceeac79',
  product_id: '1029743',
  store_id: '324',
  week: '23',
  start_date: '2017-05-29',
  end_date: '2017-06-05',
  display_code: '3',
  mailer_code: 'D',
  display_location: 'front end cap',
  mailer_location: 'front page feature',
  on_display: 'true',
  in_mailer: 'true',
  promo_score: '1.75',
  department: 'GROCERY',
  brand: 'National',
  product_category: 'SOFT DRINKS',
  created_by: 'dray',
  loaded_at: '2026-11-21 12:00:00.123',
};

export function sinkOf(changes: Partial<SinkOutcome> = {}): SinkOutcome {
  return {
    sink: 'unity',
    kind: 'delta',
    target: '/data/unity/promotions',
    mode: 'overwrite_window',
    status: 'loaded',
    loadId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
    loaded: 441_690,
    seconds: 1.25,
    sample: [SAMPLE_ROW, { ...SAMPLE_ROW, product_id: '999', department: 'DRUG GM' }],
    ...changes,
  };
}

export function outcomeOf(changes: Partial<JobOutcome> = {}): JobOutcome {
  return {
    engine: 'bulk',
    engineReason: '"strategy_type" is not set and no Spark server is within reach',
    source: '/data/promotions',
    counts: { read: 441_984, quarantined: 6, filtered: 0, dropped: 0, deduplicated: 288 },
    sinks: [
      sinkOf(),
      sinkOf({ sink: 'stage', kind: 'parquet', target: '/data/stage/promotions', seconds: 0.6 }),
      sinkOf({
        sink: 'redshift',
        kind: 'postgres',
        target: 'postgresql://warehouse:5432/dray/public.promotions',
        seconds: 2.4,
      }),
    ],
    rules: [
      { rule: 'keys_not_null', action: 'quarantine', rows: 0, verdict: 'passed' },
      { rule: 'week_in_range', action: 'quarantine', rows: 6, verdict: 'broken' },
      {
        rule: 'product_known',
        action: 'warn',
        rows: 1_200,
        verdict: 'broken',
        detail: '3 products',
      },
    ],
    contract: promotionsContract,
    partitions: [
      { value: '23', rows: 198_422 },
      { value: '24', rows: 133_884 },
      { value: '25', rows: 109_384 },
    ],
    quarantine: '/data/stage/promotions.quarantine/run_id=run-1/part-0.parquet',
    warnings: ['product_known: 1200 rows; 3 products'],
    extraColumns: ['campaign_id'],
    schemaChanges: [],
    ...changes,
  };
}

/** An ended run made up for tests: completed with the given outcome, or failed. */
export function endedRun(
  ended: { readonly outcome: JobOutcome } | { readonly error: JobError },
): EndedRun {
  return {
    run: {
      runId: 'load_promos-20261121T120000-abc123',
      attempt: 1,
      job: 'load_promos',
      window: { startDate: '2017-05-29', endDate: '2017-06-19' },
      createdBy: 'dray',
      startedAt: new Date('2026-11-21T12:00:00.123Z'),
      force: false,
      dryRun: false,
    },
    platform: { platform: 'local', evidence: 'no platform was found', hasSpark: false },
    config: {
      extractor_config: { strategy: 'PARQUET', source_table: '/data/promotions' },
      redshift_loader_config: { properties: { password: 'secret://env/DB_PASSWORD' } },
    },
    steps: [
      { name: 'check', seconds: 0.41, ok: true },
      { name: 'claim', seconds: 0.08, ok: true },
      { name: 'measure', seconds: 0.3, ok: true },
      { name: 'transform', seconds: 1.1, ok: true },
      { name: 'write', seconds: 2.6, ok: !('error' in ended) },
      ...('error' in ended ? [] : [{ name: 'account', seconds: 0.22, ok: true }]),
    ],
    seconds: 4.8,
    rules: 'outcome' in ended ? ended.outcome.rules : [],
    ...ended,
  };
}

export function resultOf(ended: EndedRun): RunResult {
  const { run, platform, outcome, error, rules, seconds } = ended;
  const report = '/data/.dray/reports/load_promos-20261121T120000-abc123.html';
  const line = resultLine(run, platform, ended, report, (text) => text);
  return {
    line,
    exitCode: line.exit_code,
    seconds,
    rules,
    redact: (text) => text,
    ...(outcome === undefined ? {} : { outcome }),
    ...(error === undefined ? {} : { error }),
  };
}
