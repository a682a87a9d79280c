import { drawCharts } from './chart.ts';
import { count, megabytes, seconds, table } from './figures.ts';
import { type ContestResult, medianRun, peakOf } from './results.ts';
import { problemList, type Section } from './section.ts';

type Entry = ContestResult['contestants'][number];

const LABELS: Readonly<Record<string, string>> = {
  bulk: 'dray bulk (DuckDB)',
  row: 'dray row',
  bigdata: 'dray bigdata (Spark)',
  pyspark: 'PySpark',
  polars: 'Polars',
};

/** What dray aims at: so many times as fast as these. */
const AIMS: Readonly<Record<string, number>> = { pyspark: 4, polars: 2 };

/** The same load by dray's engines and by what others would write. */
export function contestSection(result: ContestResult): Section {
  const { measured, contestants, columns, read, loaded } = result;
  const bulk = medianOf(contestants.find(({ name }) => name === 'bulk'));
  const runs = Math.max(0, ...contestants.map((entry) => entry.runs.length));
  const rows = contestants.map((entry) => {
    const run = medianRun(entry.runs);
    const ratio = run && bulk ? (run.seconds / bulk).toFixed(2) : '';
    return [
      labelOf(entry),
      seconds(run?.seconds),
      entry.runs.map((each) => each.seconds.toFixed(1)).join(', '),
      run && run.sparkSeconds > 0 ? seconds(run.sparkSeconds) : '',
      ratio,
      megabytes(peakOf(entry.runs)),
      seconds(run?.cpuSeconds),
      seconds(run?.serverCpu),
      entry.problems.length === 0 ? 'yes' : '**no**',
    ];
  });
  const head = [
    ...['contestant', 'seconds', 'all runs', 'of these Spark starting', 'ratio to bulk'],
    ...['peak MB', 'CPU s', 'server CPU s', 'sinks as they must be'],
  ];
  const problems = contestants.flatMap((entry) =>
    entry.problems.map((problem) => `${labelOf(entry)}: ${problem}`),
  );
  const markdown = `## dray's engines and its peers: ${measured.scope}

${count(read)} rows read, ${count(loaded)} loaded into each of three sinks. ${timesText(runs)}, in another
order each time; \`seconds\` is the median. Memory is the highest sum of the resident sets of a contestant's
processes in any run, looked at ten times a second; CPU seconds are those of the median run.

![seconds and memory of each contestant](contest.svg)

${table(head, rows, [1, 3, 4, 5, 6, 7])}

${aims(contestants, bulk)}

"As they must be" means, of each contestant's first run: all ${columns} columns of all three sinks hold what
independent SQL computes from the raw files (number of values and sum of hashes of each column, and a hash
of whole rows), the Delta table as delta-rs reads it and the Parquet folder as pyarrow reads it; and the
counts explain every row:

${contestants.map((entry) => `- ${labelOf(entry)}: ${entry.accounting || 'no run'}`).join('\n')}${problemList(problems)}

Seconds of the parts, in the median run. dray writes its sinks side by side (\`write\`); \`claim\` and
\`account\`, where it reads back what the sinks hold, the peers do not have.

${contestants.map(partsLine).join('\n')}

The peers ([bench/peers](peers)) do the same work in their own way: PySpark with DataFrames, one shuffle,
the result cached once, Delta, Parquet, and JDBC with \`batchsize=10000\` and \`reWriteBatchedInserts=true\`;
Polars with one lazy query on its streaming engine, delta-rs, Parquet, and ADBC, which copies in the binary
format. Both make the primary key afterwards with 512 MB of \`maintenance_work_mem\`, as dray does. Every
Spark here has \`local[2]\` and 3 GB. ${versions(contestants)}`;
  return { markdown, drawings: { 'contest.svg': draw(contestants, measured.scope) } };
}

function labelOf({ name }: Pick<Entry, 'name'>): string {
  return LABELS[name] ?? name;
}

function medianOf(entry: Entry | undefined): number | undefined {
  return entry && medianRun(entry.runs)?.seconds;
}

function timesText(runs: number): string {
  return runs === 1 ? 'One run each' : `${runs} runs each`;
}

function aims(contestants: readonly Entry[], bulk: number | undefined): string {
  const lines = contestants.flatMap((entry) => {
    const aim = AIMS[entry.name];
    const own = medianOf(entry);
    if (aim === undefined || own === undefined || bulk === undefined) return [];
    const times = own / bulk;
    const verdict = times >= aim ? 'reached' : 'not reached';
    return [`${times.toFixed(2)} times as fast as ${labelOf(entry)} (aim ${aim}: ${verdict})`];
  });
  return lines.length === 0 ? '' : `The engine \`bulk\` is ${lines.join(', ')}.`;
}

function partsLine(entry: Entry): string {
  const run = medianRun(entry.runs);
  const parts = run?.parts.map((part) => `${part.name} ${seconds(part.seconds)}`).join(', ');
  return `- ${labelOf(entry)}: ${parts ?? 'no run'}`;
}

function versions(contestants: readonly Entry[]): string {
  const known = contestants.filter(({ version }) => version !== '' && !version.startsWith('dray'));
  return known.length === 0 ? '' : `Versions: ${known.map(({ version }) => version).join('; ')}.`;
}

function draw(contestants: readonly Entry[], scope: string): string {
  const ran = contestants.filter(({ runs }) => runs.length > 0);
  return drawCharts([
    {
      title: `load_promos into three sinks, ${scope}: median seconds`,
      unit: 's',
      bars: ran.map((entry) => {
        const run = medianRun(entry.runs);
        const start = run?.sparkSeconds ?? 0;
        const work = { name: 'load', value: (run?.seconds ?? 0) - start };
        const parts = start > 0 ? [{ name: 'Spark starting', value: start }] : [];
        return { label: labelOf(entry), parts: [work, ...parts] };
      }),
    },
    {
      title: 'peak memory of its processes',
      unit: 'MB',
      bars: ran.map((entry) => ({
        label: labelOf(entry),
        parts: [{ name: 'all', value: peakOf(entry.runs) ?? 0 }],
      })),
    },
  ]);
}
