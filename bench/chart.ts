/** A bar chart as SVG text, drawn by hand: no library, the same input gives the same bytes. */
export interface Bar {
  readonly label: string;
  /** Its parts from the left, in seconds. */
  readonly parts: readonly { readonly name: string; readonly seconds: number }[];
}

export interface Chart {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 70;
const ROW = 26;
const BAR = 17;
const TITLE = 40;
const LEGEND = 22;
const COLOURS = ['#33658a', '#86bbd8', '#f6ae2d', '#f26419', '#758e4f', '#8d6a9f'];

export function drawCharts(charts: readonly Chart[]): string {
  let top = 12;
  const drawn = charts.map((chart) => {
    const text = drawChart(chart, top);
    top += heightOf(chart);
    return text;
  });
  const height = top + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#222">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${drawn.join('\n')}
</svg>
`;
}

function heightOf(chart: Chart): number {
  return TITLE + chart.bars.length * ROW + (partNames(chart).length > 1 ? LEGEND : 0) + 14;
}

function drawChart(chart: Chart, top: number): string {
  const names = partNames(chart);
  const longest = Math.max(...chart.bars.map(total), Number.MIN_VALUE);
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH - 20) / longest;
  const lines = [text(16, top + 20, chart.title, 'font-weight="600" font-size="15"')];
  chart.bars.forEach((bar, index) => {
    const y = top + TITLE + index * ROW;
    let x = LABEL_WIDTH;
    lines.push(text(LABEL_WIDTH - 10, y + 13, bar.label, 'text-anchor="end"'));
    for (const { name, seconds } of bar.parts) {
      const width = seconds * scale;
      const colour = COLOURS[names.indexOf(name) % COLOURS.length] ?? '';
      lines.push(
        `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour}"><title>${escape(`${name} ${seconds.toFixed(1)} s`)}</title></rect>`,
      );
      x += width;
    }
    lines.push(text(x + 8, y + 13, `${total(bar).toFixed(1)} s`));
  });
  if (names.length > 1) {
    const y = top + TITLE + chart.bars.length * ROW + 6;
    names.forEach((name, index) => {
      const x = LABEL_WIDTH + index * 90;
      lines.push(
        `<rect x="${x}" y="${y}" width="11" height="11" fill="${COLOURS[index % COLOURS.length] ?? ''}"/>`,
        text(x + 16, y + 10, name, 'font-size="12"'),
      );
    });
  }
  return lines.join('\n');
}

function partNames(chart: Chart): readonly string[] {
  return [...new Set(chart.bars.flatMap((bar) => bar.parts.map((part) => part.name)))];
}

function total(bar: Bar): number {
  return bar.parts.reduce((sum, part) => sum + part.seconds, 0);
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const more = attributes === '' ? '' : ` ${attributes}`;
  return `<text x="${x.toFixed(1)}" y="${y}"${more}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
