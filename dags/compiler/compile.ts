import { relative } from 'node:path';
import { JobError, messageOf } from '../../core/errors.ts';
import { type Problem, problemsOf, spellProblem } from '../check.ts';
import type { DagDefinition } from '../model.ts';
import { type CompiledDag, compileFile } from './file.ts';

/**
 * Compiles DAGs to files for Airflow.
 *
 * @param root - folder that the headers name sources from.
 * @throws JobError `DAG_INVALID` that lists all that is wrong, each with its file and line.
 */
export async function compileDags(
  dags: readonly DagDefinition[],
  root: string,
): Promise<readonly CompiledDag[]> {
  assertValid(dags, root);
  const problems: Problem[] = [];
  const compiled: CompiledDag[] = [];
  for (const dag of dags) {
    const source = relative(root, dag.origin.file).replaceAll('\\', '/');
    try {
      compiled.push(
        await compileFile(dag, source, ({ origin }, text) => problems.push({ origin, text })),
      );
    } catch (error) {
      problems.push({ origin: dag.origin, text: `"${dag.id}": ${messageOf(error)}` });
    }
  }
  refuse(problems, root);
  return compiled;
}

/** @throws JobError `DAG_INVALID`. */
export function assertValid(dags: readonly DagDefinition[], root: string): void {
  refuse(problemsOf(dags), root);
}

function refuse(problems: readonly Problem[], root: string): void {
  if (problems.length === 0) return;
  const lines = problems.map((problem) =>
    spellProblem({
      ...problem,
      origin: { ...problem.origin, file: relative(root, problem.origin.file) },
    }),
  );
  const [first] = lines;
  const message =
    lines.length === 1 && first !== undefined
      ? first
      : `the DAGs have ${String(lines.length)} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`;
  throw new JobError('DAG_INVALID', message, {
    hint: 'docs/dags.md has what a DAG can say',
  });
}
