import { drawCurve, type Series } from './curve-chart.ts';
import { count, megabytes, seconds, table } from './figures.ts';
import { type CurveResult, medianRun, peakOf, type Run } from './results.ts';
import { problemList, type Section } from './section.ts';

/** A way to run: `bigdata` counts twice, with the start of its Spark and on one that is up. */
interface Way {
  readonly label: string;
  readonly engine: string;
  readonly colour: number;
  readonly withStart: boolean;
}

const WAYS: readonly Way[] = [
  { label: 'row', engine: 'row', colour: 1, withStart: true },
  { label: 'bulk', engine: 'bulk', colour: 0, withStart: true },
  { label: 'bigdata', engine: 'bigdata', colour: 2, withStart: true },
  { label: 'bigdata, Spark already up', engine: 'bigdata', colour: 2, withStart: false },
];

interface Point {
  readonly rows: number;
  readonly seconds: number;
  readonly runs: readonly Run[];
}

/** The engines against each other over growing sources. */
export function curveSection({ measured, points, problems }: CurveResult): Section {
  const ways = WAYS.map((way) => ({ way, points: pointsOf(way, points) })).filter(
    (entry) => entry.points.length > 0,
  );
  const sizes = [...new Set(points.map(({ rows }) => rows))].sort((a, b) => a - b);
  const at = (own: readonly Point[], rows: number) => own.find((point) => point.rows === rows);
  const perSize = sizes.map((rows) => [
    count(rows),
    ...ways.map((entry) => seconds(at(entry.points, rows)?.seconds)),
    fastest(
      ways.map((entry) => ({
        label: entry.way.label,
        seconds: at(entry.points, rows)?.seconds ?? Number.POSITIVE_INFINITY,
      })),
    ),
  ]);
  const perEngine = ways
    .filter(({ way }) => way.withStart)
    .flatMap(({ way, points: own }) =>
      own.map(({ rows, seconds: s, runs }) => [
        way.label,
        count(rows),
        count(Math.round(rows / s)),
        megabytes(peakOf(runs)),
      ]),
    );
  const labels = ways.map(({ way }) => way.label);
  const markdown = `## Which engine for how many rows

Seconds of the whole load, median. \`bigdata\` starts its own Spark (${startText(points)}); the dashed line
is the same without that, as on a cluster that is up.

![seconds over rows for each engine, both axes logarithmic](curve.svg)

${table(['rows', ...labels, 'fastest'], perSize, [0, ...labels.map((_, index) => index + 1)])}

- \`bulk\` is the default: it runs on one machine and spills to its disk.
- \`row\` is for what needs one row at a time in TypeScript: functions of your own, errors per row.
- \`bigdata\` is for what outgrows one machine, or lies where Spark already runs; here it has one machine's
  cores, like the others.

${table(['engine', 'rows', 'rows a second', 'peak MB'], perEngine, [1, 2, 3])}${problemList(problems)}`;
  const series = ways.map(({ way, points: own }): Series => ({
    label: way.label,
    colour: way.colour,
    dashed: !way.withStart,
    points: own,
  }));
  const title = `load_promos into three sinks, ${measured.scope}: seconds over rows`;
  return { markdown, drawings: { 'curve.svg': drawCurve(title, series) } };
}

function pointsOf({ engine, withStart }: Way, points: CurveResult['points']): readonly Point[] {
  return points
    .filter((point) => point.engine === engine)
    .flatMap(({ rows, runs }) => {
      const run = medianRun(runs);
      if (run === undefined) return [];
      return [{ rows, runs, seconds: run.seconds - (withStart ? 0 : run.sparkSeconds) }];
    })
    .sort((a, b) => a.rows - b.rows);
}

function fastest(entries: readonly { readonly label: string; readonly seconds: number }[]): string {
  const [first] = entries.toSorted((a, b) => a.seconds - b.seconds);
  return first?.label ?? '';
}

function startText(points: CurveResult['points']): string {
  const starts = points
    .filter(({ engine }) => engine === 'bigdata')
    .flatMap(({ runs }) => runs.map((run) => run.sparkSeconds));
  if (starts.length === 0) return 'not measured';
  return `${Math.min(...starts).toFixed(1)} to ${Math.max(...starts).toFixed(1)} s`;
}
