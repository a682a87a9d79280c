import { COLOURS, escape, svg, text, TITLE_STYLE, WIDTH } from './svg.ts';

/** A bar chart as SVG text. */
export interface Bar {
  readonly label: string;
  /** Its parts from the left. */
  readonly parts: readonly { readonly name: string; readonly value: number }[];
}

export interface Chart {
  readonly title: string;
  readonly unit: 's' | 'MB';
  readonly bars: readonly Bar[];
}

const LABEL_WIDTH = 190;
const VALUE_WIDTH = 80;
const ROW = 26;
const BAR = 17;
const TITLE = 40;
const LEGEND = 22;
const LEGEND_ITEM = 120;

export function drawCharts(charts: readonly Chart[]): string {
  let top = 12;
  const drawn = charts.map((chart) => {
    const lines = drawChart(chart, top);
    top += heightOf(chart);
    return lines;
  });
  return svg(top + 8, drawn.flat());
}

function heightOf(chart: Chart): number {
  return TITLE + chart.bars.length * ROW + (partNames(chart).length > 1 ? LEGEND : 0) + 14;
}

function drawChart(chart: Chart, top: number): string[] {
  const names = partNames(chart);
  const longest = Math.max(...chart.bars.map(total), Number.MIN_VALUE);
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH - 20) / longest;
  const lines = [text(16, top + 20, chart.title, TITLE_STYLE)];
  chart.bars.forEach((bar, index) => {
    const y = top + TITLE + index * ROW;
    let x = LABEL_WIDTH;
    lines.push(text(LABEL_WIDTH - 10, y + 13, bar.label, 'text-anchor="end"'));
    for (const { name, value } of bar.parts) {
      const width = value * scale;
      const title = escape(`${name} ${shown(value, chart)}`);
      lines.push(
        `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour(names.indexOf(name))}"><title>${title}</title></rect>`,
      );
      x += width;
    }
    lines.push(text(x + 8, y + 13, shown(total(bar), chart)));
  });
  if (names.length > 1) {
    const y = top + TITLE + chart.bars.length * ROW + 6;
    names.forEach((name, index) => {
      const x = LABEL_WIDTH + index * LEGEND_ITEM;
      lines.push(
        `<rect x="${x}" y="${y}" width="11" height="11" fill="${colour(index)}"/>`,
        text(x + 16, y + 10, name, 'font-size="12"'),
      );
    });
  }
  return lines;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0];
}

function partNames(chart: Chart): readonly string[] {
  return [...new Set(chart.bars.flatMap((bar) => bar.parts.map((part) => part.name)))];
}

function total(bar: Bar): number {
  return bar.parts.reduce((sum, part) => sum + part.value, 0);
}

function shown(value: number, { unit }: Chart): string {
  return unit === 's' ? `${value.toFixed(1)} s` : `${Math.round(value).toLocaleString('en-US')} MB`;
}
