import { count, table } from './figures.ts';
import { type ConnectResult, median } from './results.ts';
import { problemList, type Section } from './section.ts';

/** By how much dray's client may be slower than PySpark. */
const AIM = 1.05;

/** dray's Connect client against PySpark on one Spark. */
export function connectSection(result: ConnectResult): Section {
  const { spark, rows, statements, dray, pyspark, problems } = result;
  const names = [...new Set(statements.map(({ name }) => name))];
  const secondsOf = (runs: readonly (readonly number[])[], name?: string) =>
    median(
      runs.map((run) =>
        run.reduce(
          (sum, each, index) =>
            name === undefined || statements[index]?.name === name ? sum + each : sum,
          0,
        ),
      ),
    );
  const line = (label: string, name?: string) => {
    const [ours, theirs] = [secondsOf(dray, name), secondsOf(pyspark, name)];
    return [label, ours.toFixed(2), theirs.toFixed(2), (ours / theirs).toFixed(2)];
  };
  const ratio = secondsOf(dray) / secondsOf(pyspark);
  const verdict = ratio <= AIM ? 'reached' : 'not reached';
  const sqls = names.map((name) => statements.find((statement) => statement.name === name)?.sql);
  const markdown = `## Connect against PySpark

The same SQL on the same Spark ${spark}, in one Java process: through dray's Connect client, and through
PySpark, whose Python process started that Spark. ${count(rows)} rows; in turns, after a warm-up of each; medians of
${dray.length}. All in all dray takes ${ratio.toFixed(2)} times as long as PySpark (aim: at most ${AIM}, ${verdict}).

${table(['statement', 'dray, seconds', 'PySpark, seconds', 'ratio'], [...names.map((name) => line(name, name)), line('all')], [1, 2, 3])}${problemList(problems)}

<details><summary>the statements</summary>

\`\`\`sql
${sqls.map((sql) => `${sql ?? ''};`).join('\n')}
\`\`\`

</details>`;
  return { markdown, drawings: {} };
}
