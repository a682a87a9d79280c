import { COLOURS, svg, text, TITLE_STYLE, WIDTH } from './svg.ts';

/** One line of a curve. */
export interface Series {
  readonly label: string;
  /** Lines of the same kind of thing share a colour. */
  readonly colour: number;
  readonly dashed?: boolean;
  readonly points: readonly { readonly rows: number; readonly seconds: number }[];
}

const LEFT = 60;
const RIGHT = 210;
const TOP = 48;
const HEIGHT = 400;
const BOTTOM = 44;
const LABEL_APART = 16;

/** Seconds over rows, both axes logarithmic, each line named at its end. */
export function drawCurve(title: string, series: readonly Series[]): string {
  const points = series.flatMap((line) => line.points);
  const x = axis(
    points.map(({ rows }) => rows),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = axis(
    points.map(({ seconds }) => seconds),
    HEIGHT - BOTTOM,
    TOP,
  );
  const lines = [text(16, 24, title, TITLE_STYLE)];
  for (const { value, at } of x.ticks) {
    lines.push(
      `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`,
      text(Number(at), HEIGHT - BOTTOM + 18, rowsText(value), 'text-anchor="middle"'),
    );
  }
  for (const { value, at } of y.ticks) {
    lines.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`,
      text(LEFT - 8, Number(at) + 4, `${value} s`, 'text-anchor="end"'),
    );
  }
  lines.push(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, 'rows', 'text-anchor="middle"'));
  const labels = apart(series.map((line) => y.at(line.points.at(-1)?.seconds ?? 1)));
  series.forEach((line, index) => {
    const colour = COLOURS[line.colour % COLOURS.length] ?? COLOURS[0];
    const path = line.points
      .map((point) => `${x.at(point.rows).toFixed(1)},${y.at(point.seconds).toFixed(1)}`)
      .join(' ');
    const dash = line.dashed === true ? ' stroke-dasharray="6 4"' : '';
    lines.push(
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`,
      ...line.points.map(
        (point) =>
          `<circle cx="${x.at(point.rows).toFixed(1)}" cy="${y.at(point.seconds).toFixed(1)}" r="3.5" fill="${colour}"><title>${rowsText(point.rows)} rows: ${point.seconds.toFixed(1)} s</title></circle>`,
      ),
      text(WIDTH - RIGHT + 34, (labels[index] ?? 0) + 4, line.label),
      `<line x1="${WIDTH - RIGHT + 2}" x2="${WIDTH - RIGHT + 28}" y1="${labels[index] ?? 0}" y2="${labels[index] ?? 0}" stroke="${colour}" stroke-width="2"${dash}/>`,
    );
  });
  return svg(HEIGHT, lines);
}

/** A logarithmic axis with a tick at each power of ten and a margin around the values. */
function axis(values: readonly number[], from: number, to: number) {
  const low = Math.log10(Math.min(...values)) - 0.1;
  const high = Math.log10(Math.max(...values)) + 0.1;
  const at = (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  const first = Math.ceil(low);
  const ticks = Array.from(
    { length: Math.floor(high) - first + 1 },
    (_, index) => 10 ** (first + index),
  );
  return { at, ticks: ticks.map((value) => ({ value, at: at(value).toFixed(1) })) };
}

/** The same places, moved so that texts at them do not cover each other. */
function apart(places: readonly number[]): readonly number[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const moved = [...places];
  let lowest = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    const place = Math.max(places[index] ?? 0, lowest + LABEL_APART);
    moved[index] = Math.round(place * 10) / 10;
    lowest = place;
  }
  return moved;
}

function rowsText(rows: number): string {
  if (rows >= 1e6) return `${Number((rows / 1e6).toFixed(1))} M`;
  return rows >= 1e3 ? `${Number((rows / 1e3).toFixed(1))} k` : String(rows);
}
