import { JobError, toJobError } from '../core/errors.ts';

/** Collects what is wrong, so that a person hears all of it at once. */
export interface Problems {
  add(problem: JobError): void;
  /** Calls `work` and keeps what it throws. */
  during<T>(work: () => T | Promise<T>): Promise<T | undefined>;
  /** @throws the one problem as it is; several as one JobError, a line each. */
  throwIfAny(): void;
}

export function collectProblems(hint: string): Problems {
  const problems: JobError[] = [];
  return {
    add(problem) {
      problems.push(problem);
    },
    async during(work) {
      try {
        return await work();
      } catch (error) {
        problems.push(toJobError(error));
        return undefined;
      }
    },
    throwIfAny() {
      const [first, ...others] = problems;
      if (first === undefined) return;
      if (others.length === 0) throw first;
      // All of them mean exit code 2; a common code says more than the general one.
      const code = others.every((other) => other.code === first.code)
        ? first.code
        : 'ARGUMENTS_INVALID';
      const lines = problems.map(
        (problem) =>
          `  - ${problem.message}${problem.hint === undefined ? '' : `; ${problem.hint}`}`,
      );
      throw new JobError(
        code,
        `the arguments have ${String(problems.length)} problems:\n${lines.join('\n')}`,
        { hint },
      );
    },
  };
}
