/** An append-only fact about a run. */
export interface RunEvent {
  readonly runId: string;
  readonly attempt: number;
  /** ISO 8601. */
  readonly at: string;
  /** `run.started`, `step.completed`, `load.committed`, `claim.waiting`, `warning` ... */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a watching person (a terminal, a page) is shown while a run works. */
export interface RunWatcher {
  stepStarted(step: string): void;
  stepEnded(step: string, outcome: { readonly ok: boolean; readonly seconds: number }): void;
  /**
   * Work within a step. `part` names a stream of it (`delta`, `postgres`) or the step itself;
   * `done` and `total` count rows. Called up to some hundred times a second.
   */
  progress(part: string, done: number, total: number): void;
  note(level: 'info' | 'warning', message: string): void;
}
