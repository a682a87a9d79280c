import type { JobError } from '../../core/errors.ts';
import type { JobOutcome } from '../../jobs/job.ts';
import { printable } from '../../core/printable.ts';
import { describeWindow } from '../../core/window.ts';
import type { EndedRun } from '../../jobs/runner.ts';
import { duration } from '../terminal/format.ts';
import { instant } from '../wording.ts';
import { type Html, html } from './html.ts';

interface Verdict {
  readonly tone: 'good' | 'bad' | 'careful';
  readonly word: string;
  readonly sentence: string;
}

/** Job, end state and window, large. */
export function headline(ended: EndedRun): Html {
  const { run, seconds } = ended;
  const { tone, word, sentence } = verdictOf(ended);
  return html`<header class="${tone}">
    <p class="badge">${word}</p>
    <h1>${run.job}</h1>
    <p class="window">${describeWindow(run.window)} <span>in ${duration(seconds)}</span></p>
    <p class="sentence">${sentence}</p>
  </header>`;
}

function verdictOf({ run, outcome, error }: EndedRun): Verdict {
  if (error?.code === 'INTERRUPTED' || error?.code === 'TERMINATED') {
    return { tone: 'careful', word: 'cancelled', sentence: 'The run was stopped before its end.' };
  }
  if (error !== undefined) {
    return { tone: 'bad', word: 'failed', sentence: 'The run did not load everything it was for.' };
  }
  if (run.dryRun) {
    return { tone: 'good', word: 'checked', sentence: 'Only checked: nothing was written.' };
  }
  const states = new Set((outcome?.sinks ?? []).map((sink) => sink.status));
  if (states.size === 1 && states.has('reused')) {
    const sentence = 'Every target held this load already, so nothing was loaded twice.';
    return { tone: 'good', word: 'reused', sentence };
  }
  if (states.size === 1 && states.has('untouched')) {
    const sentence = 'There was no row to load; the targets are as they were.';
    return { tone: 'careful', word: 'completed', sentence };
  }
  return { tone: 'good', word: 'completed', sentence: 'Every row is accounted for.' };
}

/** Where, when and how the run ran. */
export function facts({ run, platform, outcome }: EndedRun): Html {
  const entries: readonly (readonly [string, string, string?])[] = [
    ['run', run.runId, `attempt ${String(run.attempt)}${run.force ? ', forced' : ''}`],
    ['started', `${instant(run.startedAt.toISOString())} UTC`, `by ${run.createdBy}`],
    ['platform', platform.platform.toUpperCase(), platform.evidence],
    ...(outcome === undefined
      ? []
      : [
          ['engine', outcome.engine, outcome.engineReason] as const,
          ['source', outcome.source, extraText(outcome.extraColumns)] as const,
        ]),
    ...(outcome?.quarantine === undefined ? [] : [['quarantine', outcome.quarantine] as const]),
  ];
  return html`<dl class="facts">
    ${entries.map(
      ([name, value, more = '']) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${printable(value)}<small>${printable(more)}</small></dd>
        </div> `,
    )}
  </dl>`;
}

function extraText(columns: readonly string[]): string {
  return columns.length === 0 ? '' : `extra columns, ignored: ${columns.join(', ')}`;
}

export function errorBox(error: JobError): Html {
  return html`<section class="box bad">
    <h2>${error.code}</h2>
    <p class="message">${error.message}</p>
    ${error.hint === undefined ? undefined : html`<p><strong>What to do next:</strong> ${error.hint}</p>`}
    <p class="quiet">exit code ${error.exitCode}${error.retryable ? ', worth a retry' : ''}</p>
  </section>`;
}

export function warningBox({ warnings }: JobOutcome): Html | undefined {
  if (warnings.length === 0) return undefined;
  return html`<section class="box careful">
    <h2>${warnings.length === 1 ? 'Warning' : 'Warnings'}</h2>
    <ul>
      ${warnings.map((warning) => html`<li>${printable(warning)}</li>`)}
    </ul>
  </section>`;
}
