import type { JobOutcome } from '../../jobs/job.ts';
import { count } from '../wording.ts';
import { type Html, html } from './html.ts';

const HEIGHT = 190;
const LEFT = 58;
const TOP = 22;
const BOTTOM = 34;
const NARROWEST = 300;
const WIDEST = 900;
const PER_BAR = 84;
const LEAST_PER_BAR = 15;
/** Bars at least this wide have their figure above them. */
const LABELLED = 44;
/** Widest chart that has room beside the steps. */
const BESIDE = 480;

/** Rows per value of the partition column, drawn without scaling so that text stays readable. */
export function partitionChart(outcome: JobOutcome): Html | undefined {
  const { partitions, contract } = outcome;
  if (partitions.length === 0) return undefined;
  const wanted = LEFT + partitions.length * PER_BAR;
  const needed = LEFT + partitions.length * LEAST_PER_BAR;
  const width = Math.max(NARROWEST, Math.min(WIDEST, wanted), needed);
  const slot = (width - LEFT) / partitions.length;
  const top = niceCeiling(Math.max(...partitions.map(({ rows }) => rows)));
  const plot = HEIGHT - TOP - BOTTOM;
  const y = (rows: number): number => TOP + plot * (1 - rows / top);
  const every = Math.ceil(26 / slot);
  const grid = [0, top / 2, top].map(
    (rows) =>
      html`<line x1="${LEFT}" x2="${width}" y1="${y(rows)}" y2="${y(rows)}" />
        <text class="axis" x="${LEFT - 8}" y="${y(rows) + 4}" text-anchor="end"
          >${compact(rows)}</text
        > `,
  );
  const barWidth = Math.min(72, slot * 0.72);
  const bars = partitions.map(({ value, rows }, index) => {
    const middle = LEFT + slot * (index + 0.5);
    const height = rows === 0 ? 0 : Math.max(1, HEIGHT - BOTTOM - y(rows));
    return html`<g
      ><title>${contract.partitionBy} ${value}: ${count(rows)} rows</title>
      <rect
        class="loaded"
        x="${(middle - barWidth / 2).toFixed(1)}"
        y="${(HEIGHT - BOTTOM - height).toFixed(1)}"
        width="${barWidth.toFixed(1)}"
        height="${height.toFixed(1)}"
        rx="2"
      />
      ${slot < LABELLED ? undefined : html`<text class="figure" x="${middle.toFixed(1)}" y="${(HEIGHT - BOTTOM - height - 6).toFixed(1)}" text-anchor="middle">${count(rows)}</text>`}
      ${index % every === 0 ? html`<text class="axis" x="${middle.toFixed(1)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${value}</text>` : undefined}</g
    > `;
  });
  return html`<section class="${width > BESIDE ? 'wide' : ''}">
    <h2>Rows per ${contract.partitionBy}</h2>
    <div class="scroll">
      <svg
        class="chart"
        width="${width}"
        height="${HEIGHT}"
        viewBox="0 0 ${width} ${HEIGHT}"
        role="img"
        aria-label="loaded rows per ${contract.partitionBy}"
      >
        ${grid}${bars}
        <text class="axis" x="${(LEFT + width) / 2}" y="${HEIGHT - 2}" text-anchor="middle">
          ${contract.partitionBy}
        </text>
      </svg>
    </div>
  </section>`;
}

/** The next of 1, 2, 4, 5, 6, 8, 10 times a power of ten, so that half of it is a round figure too. */
function niceCeiling(value: number): number {
  if (value <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10;
  return factor * power;
}

function compact(rows: number): string {
  return rows.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
}
