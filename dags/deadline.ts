import { toMs } from './duration.ts';
import { type DagDefinition, endsOf } from './model.ts';
import { insteadOfState } from './notifier.ts';
import { cronOf } from './schedule.ts';

/** What is wrong with the deadline of a DAG: the two versions of Airflow have little in common there. */
export function deadlineProblems(dag: DagDefinition): readonly string[] {
  const { airflow = 'both', deadline, schedule } = dag.options;
  if (deadline === undefined) return [];
  const { after, notify } = deadline;
  const problems: string[] = [];
  if (!(toMs(after) > 0)) problems.push(`the deadline of "${dag.id}" is no time`);
  if (notify.length === 0) problems.push(`nobody is told of the deadline of "${dag.id}"`);
  if (notify.some((one) => isTemplate(Object.values(insteadOfState(one, ''))))) {
    problems.push(
      `the deadline of "${dag.id}" tells a template, and knows no task or run to fill it with: write plain text`,
    );
  }
  if (airflow === 'both') {
    problems.push(
      `"${dag.id}" has a deadline, which Airflow 2 and 3 do not have in common: say airflow: '2' or '3'`,
    );
  }
  if (airflow === '2') {
    if (cronOf(schedule) === undefined) {
      problems.push(`the deadline of "${dag.id}" needs a schedule by the clock in Airflow 2`);
    }
    for (const node of endsOf(dag)) {
      if (node.kind === 'job' && !node.isMapped) continue;
      if (node.kind === 'join') continue;
      problems.push(
        `"${dag.id}" ends with "${node.path}", for which Airflow 2 has no deadline: end it with a join`,
      );
    }
  }
  return problems;
}

function isTemplate(values: readonly unknown[]): boolean {
  return values.flat().some((value) => typeof value === 'string' && /\{[{%#]/.test(value));
}
