/** One stage of a running query, as Spark reports it. */
export interface StageProgress {
  readonly stageId: bigint;
  readonly numTasks: bigint;
  readonly numCompletedTasks: bigint;
}

/**
 * Makes one done share, 0 to below 1, of the reports of one query. Spark plans stages as it goes, so
 * one more of average size is counted in, and the share never goes back when new ones appear.
 *
 * @returns the share after each report, or undefined when it is the same as before: Spark sends
 *   each report twice.
 */
export function progressShare(): (stages: readonly StageProgress[]) => number | undefined {
  const known = new Map<bigint, { readonly tasks: number; readonly done: number }>();
  let share = 0;
  return (stages) => {
    for (const { stageId, numTasks, numCompletedTasks } of stages) {
      known.set(stageId, { tasks: Number(numTasks), done: Number(numCompletedTasks) });
    }
    const reported = [...known.values()];
    const tasks = reported.reduce((sum, stage) => sum + stage.tasks, 0);
    const done = reported.reduce((sum, stage) => sum + Math.min(stage.done, stage.tasks), 0);
    if (tasks === 0) return undefined;
    const next = done / (tasks + tasks / reported.length);
    if (next <= share) return undefined;
    share = next;
    return share;
  };
}
