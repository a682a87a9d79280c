import { drawCharts } from './chart.ts';
import { table } from './figures.ts';
import type { PsqlResult } from './results.ts';
import { problemList, type Section } from './section.ts';

/** dray's Postgres part against the plain way to load the same rows. */
export function psqlSection(result: PsqlResult): Section {
  const { measured, tool, figures, accounting, columns, problems, steps, command } = result;
  const { draySeconds, toolSeconds } = result;
  const bar = (label: string, value: number) => ({ label, parts: [{ name: 'all', value }] });
  const whole = steps.reduce((sum, step) => sum + step.seconds, 0);
  const judged =
    problems.length === 0
      ? `All ${columns} columns of the three sinks are equal to what independent SQL computes
from the raw files: number of values and sum of hashes of each column, and a hash of whole rows. The
Delta table is the one that delta-rs reads, the Parquet folder the one that pyarrow reads.`
      : problemList(problems).trim();
  const markdown = `## Engine bulk against psql: ${measured.scope}

The yardstick loads the same rows on the same server with ${tool}, from a file in the binary format,
into a table of the same definition, and ends with the same primary key and ANALYZE. Both build the key
with 512 MB of \`maintenance_work_mem\`. dray's Postgres part runs while Delta and Parquet are written on
the same cores, in two streams; beside the yardstick nothing else of the benchmark runs.

![seconds per step, and dray against the yardstick](results.svg)

${table(['figure', 'value'], figures)}

${accounting}

${judged}

\`\`\`sh
# what is measured
${command}
# and, on the same server, for the same rows
psql -c "\\copy yardstick from 'rows.bin' (format binary)"
psql -c "set maintenance_work_mem = '512MB'; alter table yardstick add primary key (promo_id)"
psql -c "analyze yardstick"
\`\`\``;
  return {
    markdown,
    drawings: {
      'results.svg': drawCharts([
        {
          title: `load_promos, ${measured.scope}: ${whole.toFixed(1)} s`,
          unit: 's',
          bars: steps.map((step) => bar(step.name, step.seconds)),
        },
        {
          title: 'the same rows into Postgres',
          unit: 's',
          bars: [bar('dray', draySeconds), bar(tool, toolSeconds)],
        },
      ]),
    },
  };
}
