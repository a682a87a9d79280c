import type { JobError } from '../core/errors.ts';
import type { Finding } from '../core/finding.ts';
import type { JobOutcome, RuleOutcome, RunInfo } from './job.ts';
import type { DetectedPlatform } from '../core/platform.ts';

const MAX_TEXT = 2_000;
/** So many fit beside everything else. */
const MOST_RULES = 16;
/** A source may bring more new columns than a line has room for; events have all. */
const MOST_COLUMNS = 16;
/** Of a probe; the longest texts of so many fit. */
const MOST_FINDINGS = 25;
const MAX_FINDING = { name: 80, text: 240, fix: 200 } as const;
const WORST = ['failed', 'broken', 'tolerated', 'passed'] as const;

/** The one JSON line on stdout, at most 16 kB; its keys are public. */
export interface ResultLine {
  readonly schema: 'dray.result/1';
  readonly run_id: string;
  readonly attempt: number;
  readonly job: string;
  readonly window: { readonly start_date: string; readonly end_date: string } | null;
  readonly service_provider: string;
  readonly engine: string | null;
  readonly status: 'completed' | 'failed' | 'cancelled' | 'checked';
  readonly exit_code: number;
  readonly counts: Readonly<Record<string, number>> | null;
  readonly sinks: readonly Readonly<Record<string, unknown>>[];
  /** What each rule found, those that are broken first; see `rules_left_out`. */
  readonly rules: readonly Readonly<Record<string, unknown>>[];
  readonly rules_left_out: number;
  readonly warnings: readonly string[];
  /** Of a probe alone. */
  readonly findings?: readonly Readonly<Record<string, unknown>>[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  } | null;
  readonly report: string | null;
}

export function resultLine(
  run: RunInfo,
  platform: DetectedPlatform,
  ended: {
    readonly outcome?: JobOutcome;
    readonly error?: JobError;
    readonly rules: readonly RuleOutcome[];
  },
  report: string | undefined,
  redact: (text: string) => string,
): ResultLine {
  const { outcome, error, rules } = ended;
  const { window } = run;
  const short = (text: string) => redact(text).slice(0, MAX_TEXT);
  return {
    schema: 'dray.result/1',
    run_id: run.runId,
    attempt: run.attempt,
    job: run.job,
    window:
      window === undefined ? null : { start_date: window.startDate, end_date: window.endDate },
    service_provider: platform.platform.toUpperCase(),
    engine: outcome?.engine ?? null,
    status: statusOf(run, error),
    exit_code: error?.exitCode ?? 0,
    counts: outcome === undefined || run.dryRun ? null : { ...outcome.counts },
    sinks: (outcome?.sinks ?? []).map((sink) => ({
      sink: sink.sink,
      kind: sink.kind,
      target: short(sink.target),
      mode: sink.mode,
      status: sink.status,
      load_id: sink.loadId,
      loaded: sink.loaded,
      ...(sink.replaced === undefined ? {} : { replaced: sink.replaced }),
      ...(sink.added === undefined ? {} : { added_columns: sink.added.slice(0, MOST_COLUMNS) }),
      reused: sink.status === 'reused',
      seconds: Math.round(sink.seconds * 1000) / 1000,
    })),
    rules: worstFirst(rules)
      .slice(0, MOST_RULES)
      .map(({ rule, action, checked, rows, verdict }) => ({
        ...{ rule: rule.slice(0, 64), action, checked: checked ?? null, rows, verdict },
      })),
    rules_left_out: Math.max(0, rules.length - MOST_RULES),
    warnings: (outcome?.warnings ?? []).slice(0, 5).map((text) => short(text).slice(0, 500)),
    ...(outcome?.findings === undefined
      ? {}
      : { findings: outcome.findings.slice(0, MOST_FINDINGS).map((one) => told(one, redact)) }),
    error:
      error === undefined
        ? null
        : {
            code: error.code,
            message: short(error.message),
            hint: error.hint === undefined ? null : short(error.hint),
          },
    report: report ?? null,
  };
}

function told(finding: Finding, redact: (text: string) => string) {
  const short = (key: keyof typeof MAX_FINDING, text: string) =>
    redact(text).slice(0, MAX_FINDING[key]);
  const { name, verdict, text } = finding;
  const fix = 'fix' in finding ? { fix: short('fix', finding.fix) } : {};
  return { name: short('name', name), verdict, text: short('text', text), ...fix };
}

function worstFirst(rules: readonly RuleOutcome[]): readonly RuleOutcome[] {
  return [...rules].sort((a, b) => WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict));
}

function statusOf(run: RunInfo, error: JobError | undefined): ResultLine['status'] {
  if (error === undefined) return run.dryRun ? 'checked' : 'completed';
  return error.code === 'INTERRUPTED' || error.code === 'TERMINATED' ? 'cancelled' : 'failed';
}
