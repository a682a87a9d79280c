import type { JobOutcome } from '../../jobs/job.ts';
import { count } from '../wording.ts';
import { type Html, html } from './html.ts';

interface Share {
  readonly name: 'loaded' | 'quarantined' | 'filtered' | 'dropped' | 'deduplicated';
  readonly meaning: string;
  readonly rows: number;
}

/** Percent of the bar that even a single row gets, so that it can be seen. */
const THINNEST = 0.6;

/** The law, with this run's figures, and the same as a bar. */
export function accounting(outcome: JobOutcome): Html {
  const { counts, sinks } = outcome;
  // With sinks that disagree the run would have failed; untouched ones hold nothing of it.
  const loaded = sinks.find((sink) => sink.status !== 'untouched')?.loaded ?? 0;
  const shares: readonly Share[] = [
    { name: 'loaded', meaning: 'in every target', rows: loaded },
    { name: 'quarantined', meaning: 'broke a rule, kept aside', rows: counts.quarantined },
    { name: 'filtered', meaning: 'outside the window', rows: counts.filtered },
    { name: 'dropped', meaning: 'broke a rule that leaves rows out', rows: counts.dropped },
    { name: 'deduplicated', meaning: 'a better row has its key', rows: counts.deduplicated },
  ];
  const sum = shares.reduce((total, share) => total + share.rows, 0);
  const holds = sum === counts.read;
  return html`<section>
    <h2>Where every row went</h2>
    <p class="law">
      <b>${count(counts.read)}</b> read <i>=</i> ${shares.map(
        ({ name, rows }, index) =>
          html`${index === 0 ? '' : html` <i>+</i> `}<span><b>${count(rows)}</b> ${name}</span>`,
      )}
      <strong class="${holds ? 'good' : 'bad'}"
        >${holds ? '✓ it adds up' : '✗ it does not add up'}</strong
      >
    </p>
    ${sum === 0 ? undefined : bar(shares, sum)}
    <table class="legend">
      <tbody>
        ${shares.map(
          ({ name, meaning, rows }) =>
            html`<tr>
              <td><span class="key ${name}"></span>${name}</td>
              <td class="number">${count(rows)}</td>
              <td class="number">${percent(rows, sum)}</td>
              <td class="quiet">${meaning}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </section>`;
}

function bar(shares: readonly Share[], sum: number): Html {
  const present = shares.filter((share) => share.rows > 0);
  const widths = present.map((share) => Math.max(THINNEST, (share.rows / sum) * 100));
  const scale = 100 / widths.reduce((total, width) => total + width, 0);
  let x = 0;
  const rects = present.map(({ name, rows }, index) => {
    const width = (widths[index] ?? 0) * scale;
    const left = x;
    x += width;
    return html`<rect class="${name}" x="${left.toFixed(3)}" width="${width.toFixed(3)}" height="10"
      ><title>${name}: ${count(rows)} rows, ${percent(rows, sum)}</title></rect
    >`;
  });
  return html`<svg
    class="stack"
    viewBox="0 0 100 10"
    preserveAspectRatio="none"
    role="img"
    aria-label="shares of the rows read"
  >
    ${rects}
  </svg>`;
}

function percent(rows: number, sum: number): string {
  if (sum === 0 || rows === 0) return '0%';
  const share = (rows / sum) * 100;
  return share < 0.01 ? '< 0.01%' : `${share.toFixed(2)}%`;
}
