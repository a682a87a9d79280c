import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Chart, drawCharts } from './chart.ts';
import {
  accountingOf,
  type BenchResult,
  bestOf,
  figuresOf,
  postgresSeconds,
  WHOLE_YEAR,
} from './result.ts';

/** Writes RESULTS.md and results.svg into `folder`. */
export async function writeReport(
  folder: string,
  result: BenchResult,
  problems: readonly string[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'results.svg'), drawCharts(chartsOf(result)));
  await writeFile(join(folder, 'RESULTS.md'), markdown(result, problems));
}

function markdown(result: BenchResult, problems: readonly string[]): string {
  const { scope, load, yardstick, verdict, machine } = result;
  const judged =
    problems.length === 0
      ? `All ${verdict.columns} columns of the three sinks are equal to what independent SQL computes
from the raw files: number of values and sum of hashes of each column, and a hash of whole rows. The
Delta table is the one that delta-rs reads, the Parquet folder the one that pyarrow reads.`
      : `**Not as it must be:**\n\n${problems.map((line) => `- ${line}`).join('\n')}`;
  const weeks = scope === WHOLE_YEAR ? '' : ' -- --weeks A-B';
  return `# Benchmark: ${scope}

Written by \`npm run bench\`. The load is \`load_promos\` with three sinks (Delta, Parquet, Postgres) into
empty targets, as its users run it: a process of its own. The yardstick loads the same rows on the same
server with ${yardstick.tool}, from a file in the binary format, into a table of the same definition,
and ends with the same primary key and ANALYZE. Both build the key with 512 MB of
\`maintenance_work_mem\`. dray's Postgres part runs while Delta and Parquet are written on the same
cores, in two streams; beside the yardstick nothing else of the benchmark runs.

![seconds per step, and dray against the yardstick](results.svg)

${table(['figure', 'value'], figuresOf(result))}

${accountingOf(result)}

${judged}

## Machine

${table(['what', 'value'], machine.facts)}

## Commands

\`\`\`sh
npm run bench${weeks}
# which runs
${load.command}
# and, on the same server, for the same rows
psql -c "\\copy yardstick from 'rows.bin' (format binary)"
psql -c "set maintenance_work_mem = '512MB'; alter table yardstick add primary key (promo_id)"
psql -c "analyze yardstick"
\`\`\`
`;
}

/** A Markdown table, padded as prettier pads it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, index) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[index] ?? '').trim().length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, index) => (cells[index] ?? '').trim().padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function chartsOf(result: BenchResult): readonly Chart[] {
  const { load, yardstick, scope } = result;
  const best = bestOf(yardstick);
  const inSteps = load.steps.reduce((sum, step) => sum + step.seconds, 0);
  const steps = [...load.steps, { name: 'start, end', seconds: load.measured.seconds - inSteps }];
  const bar = (label: string, seconds: number) => ({ label, parts: [{ name: 'all', seconds }] });
  return [
    {
      title: `load_promos, ${scope}: ${load.measured.seconds.toFixed(1)} s`,
      bars: steps.map((step) => bar(step.name, step.seconds)),
    },
    {
      title: 'the same rows into Postgres',
      bars: [bar('dray', postgresSeconds(load)), bar(yardstick.tool, best.total)],
    },
  ];
}
