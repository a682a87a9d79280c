import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { table } from './figures.ts';
import { writeFormatted } from './formatted.ts';
import { connectSection } from './report-connect.ts';
import { contestSection } from './report-contest.ts';
import { curveSection } from './report-curve.ts';
import { psqlSection } from './report-psql.ts';
import type { Results } from './results.ts';
import type { Section } from './section.ts';

/** Writes RESULTS.md and its drawings into `folder`. */
export async function writeReport(folder: string, all: Results): Promise<void> {
  const { psql, contest, curve, connect } = all;
  const sections = [
    ...(contest ? [contestSection(contest)] : []),
    ...(curve ? [curveSection(curve)] : []),
    ...(connect ? [connectSection(connect)] : []),
    ...(psql ? [psqlSection(psql)] : []),
  ];
  for (const { drawings } of sections) {
    for (const [name, drawing] of Object.entries(drawings)) {
      await writeFile(join(folder, name), drawing);
    }
  }
  await writeFormatted(join(folder, 'RESULTS.md'), markdown(all, sections));
}

function markdown(all: Results, sections: readonly Section[]): string {
  const { psql, contest, curve, connect } = all;
  const measured = Object.entries({ contest, curve, connect, psql }).flatMap(([part, result]) => {
    if (result === undefined) return [];
    const { date, scope, load, command } = result.measured;
    return [[part, date, scope, load.toFixed(1), `\`${command}\``]];
  });
  return `# Benchmark

Written by \`npm run bench\`. All figures are of the job \`load_promos\`: real promotions from one Parquet
file, checked, freed of duplicates, joined with their products, and loaded into a Delta table, a Parquet
folder and a Postgres table. Whoever is measured runs in processes of its own and loads into empty
targets on the same Postgres server. Seconds are those of the whole: from the start of the first process
to the end of the last.

${sections.map((section) => section.markdown).join('\n\n')}

## Machine

${table(['what', 'value'], all.machine ?? [])}

## When, and with which command

Load is the average of the minute before: more than a fraction of the cores, and others were at work.

${table(['part', 'date', 'source', 'load', 'command'], measured)}

\`npm run bench -- --only PART\` measures one part again and leaves the others as they are.
`;
}
