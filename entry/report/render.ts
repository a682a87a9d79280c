import type { JobOutcome } from '../../jobs/job.ts';
import { describeWindow } from '../../core/window.ts';
import type { EndedRun } from '../../jobs/runner.ts';
import { accounting } from './accounting.ts';
import { configSection, contractSection, sampleSections } from './details.ts';
import { type Html, html } from './html.ts';
import { errorBox, facts, headline, warningBox } from './headline.ts';
import { partitionChart } from './partition-chart.ts';
import { rulesSection } from './rules.ts';
import { sinksSection } from './sinks.ts';
import { STYLE } from './style.ts';
import { stepTimeline } from './timeline.ts';

/** One page that needs nothing else: no script, no file, no network. */
export function renderReport(ended: EndedRun): string {
  const { run, outcome, error } = ended;
  const of = (section: (outcome: JobOutcome) => Html | undefined): Html | undefined =>
    outcome && section(outcome);
  const title = `${run.job}, ${describeWindow(run.window)}: ${run.runId}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${title}</title>
        <style>
          ${{ markup: STYLE }}
        </style>
      </head>
      <body>
        <main>
          ${headline(ended)} ${error && errorBox(error)} ${of(warningBox)} ${facts(ended)}
          ${run.dryRun ? undefined : of(accounting)} ${of(sinksSection)}
          <div class="pair">${stepTimeline(ended.steps, ended.seconds)} ${of(partitionChart)}</div>
          ${rulesSection(ended.rules)} ${of(sampleSections)} ${of(contractSection)}
          ${configSection(ended.config)} ${footer(ended)}
        </main>
      </body>
    </html> `;
  return page.markup;
}

function footer({ run }: EndedRun): Html {
  return html`<footer>
    dray, run ${run.runId}, attempt ${run.attempt}. This page is complete in itself and can be sent
    on.
  </footer>`;
}
