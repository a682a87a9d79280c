import type { TriggerRule } from '../model.ts';

/** How a task of a run without Airflow has ended; Airflow's words. */
export type TaskState = 'success' | 'failed' | 'upstream_failed' | 'skipped';

export type Decision = 'run' | 'wait' | Extract<TaskState, 'skipped' | 'upstream_failed'>;

interface Counts {
  readonly all: number;
  readonly done: number;
  readonly success: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * What a trigger rule says, given the states of all tasks before; undefined: not done yet.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#trigger-rules
 */
export function decide(rule: TriggerRule, before: readonly (TaskState | undefined)[]): Decision {
  if (before.length === 0) return 'run';
  const count = (...states: readonly (TaskState | undefined)[]) =>
    before.filter((state) => states.includes(state)).length;
  const counts: Counts = {
    all: before.length,
    done: before.length - count(undefined),
    success: count('success'),
    failed: count('failed', 'upstream_failed'),
    skipped: count('skipped'),
  };
  return RULES[rule](counts);
}

const RULES: Readonly<Record<TriggerRule, (counts: Counts) => Decision>> = {
  all_success({ all, success, failed, skipped }) {
    if (failed > 0) return 'upstream_failed';
    if (skipped > 0) return 'skipped';
    return success === all ? 'run' : 'wait';
  },
  all_failed({ all, success, failed, skipped }) {
    if (success + skipped > 0) return 'skipped';
    return failed === all ? 'run' : 'wait';
  },
  all_done: ({ all, done }) => (done === all ? 'run' : 'wait'),
  all_skipped({ all, success, failed, skipped }) {
    if (success + failed > 0) return 'skipped';
    return skipped === all ? 'run' : 'wait';
  },
  one_success({ all, done, success, failed }) {
    if (success > 0) return 'run';
    if (done < all) return 'wait';
    return failed > 0 ? 'upstream_failed' : 'skipped';
  },
  one_failed({ all, done, failed }) {
    if (failed > 0) return 'run';
    return done < all ? 'wait' : 'skipped';
  },
  one_done({ all, done, success, failed }) {
    if (success + failed > 0) return 'run';
    return done < all ? 'wait' : 'skipped';
  },
  none_failed({ all, done, failed }) {
    if (failed > 0) return 'upstream_failed';
    return done < all ? 'wait' : 'run';
  },
  none_skipped({ all, done, skipped }) {
    if (skipped > 0) return 'skipped';
    return done < all ? 'wait' : 'run';
  },
  none_failed_min_one_success({ all, done, success, failed }) {
    if (failed > 0) return 'upstream_failed';
    if (done < all) return 'wait';
    return success > 0 ? 'run' : 'skipped';
  },
  always: () => 'run',
};
