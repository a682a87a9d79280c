import type { Clock } from '../../core/clock.ts';
import type { Window } from '../../core/window.ts';
import { toWire } from '../../core/wire.ts';
import { type Duration, spellDuration, toMs } from '../duration.ts';
import {
  type BranchNode,
  type DagDefinition,
  type DagNode,
  endsOf,
  firstOf,
  type JobNode,
  nodesBefore,
  nodesOf,
} from '../model.ts';
import { windowOf } from '../window.ts';
import { decide, type TaskState } from './trigger.ts';

/** One run of a task here: of a mapped one there are several. */
export interface TaskRun {
  /** The same for all tries, and for the same command again. */
  readonly runId: string;
  readonly job: string;
  /** In wire spelling. */
  readonly config: unknown;
  readonly window: Window | undefined;
}

export interface LocalRun {
  /** What tells this run of the DAG from its others. */
  readonly name: string;
  /** The interval of the schedule that it is for. */
  readonly interval: Window | undefined;
  /** Values of parameters. */
  readonly params: Readonly<Record<string, string>>;
}

export interface LocalServices {
  readonly clock: Clock;
  /** Does one try at a task. */
  readonly runTask: (task: TaskRun, signal: AbortSignal) => Promise<number>;
  /** Runs work as soon as there is room for it. */
  readonly inLane: <T>(work: () => Promise<T>) => Promise<T>;
  readonly tell: (line: string) => void;
}

/** What another try does not help: failed, arguments or config, data quality, lost to a newer attempt. */
const FINAL: readonly number[] = [1, 2, 4, 5];
/** Airflow's own. */
const RETRY_DELAY: Duration = { minutes: 5 };

/** Runs a DAG once, here: what comes before, trigger rules, branches and retries as Airflow has them. */
export async function executeDag(
  dag: DagDefinition,
  run: LocalRun,
  services: LocalServices,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TaskState>> {
  const nodes = nodesOf(dag.members);
  const states = new Map<DagNode, TaskState>();
  const working = new Map<DagNode, Promise<void>>();

  const { deadline } = dag.options;
  const began = services.clock.monotonicMs();
  let isLate = false;
  const watchDeadline = () => {
    if (deadline === undefined || isLate) return;
    isLate = services.clock.monotonicMs() - began > toMs(deadline.after);
    if (!isLate) return;
    const after = spellDuration(deadline.after);
    services.tell(`${dag.id} ${run.name}: missed its deadline, ${after} after it began`);
  };

  const settle = (node: DagNode, state: TaskState) => {
    states.set(node, state);
    services.tell(`${dag.id}.${node.path} ${run.name}: ${state.replace('_', ' ')}`);
    watchDeadline();
  };

  async function work(node: DagNode): Promise<TaskState> {
    if (node.kind === 'job') return await runJobNode(node, dag, run, services, signal);
    if (node.kind === 'branch') {
      for (const other of skippedBy(node, run, nodes)) settle(other, 'skipped');
    }
    // A cluster is of no use here.
    return 'success';
  }

  for (;;) {
    signal.throwIfAborted();
    let isSettled = false;
    for (const node of nodes) {
      if (states.has(node) || working.has(node)) continue;
      const before = nodesBefore(node).map((other) => states.get(other));
      const decision = decide(node.options.triggerRule ?? 'all_success', before);
      if (decision === 'wait') continue;
      isSettled = true;
      if (decision !== 'run') settle(node, decision);
      else {
        const done = work(node).then((state) => {
          working.delete(node);
          settle(node, state);
        });
        working.set(node, done);
      }
    }
    if (isSettled) continue;
    if (working.size === 0) break;
    await Promise.race(working.values());
  }
  return new Map([...states].map(([node, state]) => [node.path, state]));
}

/** Whether a run counts as done: as in Airflow by the tasks that nothing comes after. */
export function hasSucceeded(dag: DagDefinition, states: ReadonlyMap<string, TaskState>): boolean {
  return endsOf(dag).every(({ path }) => ['success', 'skipped'].includes(states.get(path) ?? ''));
}

/** What comes after a branch and is not on the way that was chosen. */
function skippedBy(
  branch: BranchNode,
  { params }: LocalRun,
  nodes: readonly DagNode[],
): readonly DagNode[] {
  const { param, cases } = branch;
  const chosen = new Set(firstOf(cases[params[param.name] ?? param.initial] ?? []));
  for (let size = 0; size !== chosen.size;) {
    ({ size } = chosen);
    for (const node of nodes) {
      if (nodesBefore(node).some((other) => chosen.has(other))) chosen.add(node);
    }
  }
  return nodes.filter((node) => nodesBefore(node).includes(branch) && !chosen.has(node));
}

async function runJobNode(
  node: JobNode,
  dag: DagDefinition,
  run: LocalRun,
  services: LocalServices,
  signal: AbortSignal,
): Promise<TaskState> {
  const tasks = node.configs.map((config, index) => ({
    runId: [dag.id, node.path, run.name, ...(node.isMapped ? [String(index)] : [])].join('.'),
    ...{ job: node.job.name, config: toWire(config), window: windowOf(node.window, run.interval) },
  }));
  const ended = await Promise.all(
    tasks.map(async (task) => await tried(task, node, dag, services, signal)),
  );
  return ended.every(Boolean) ? 'success' : 'failed';
}

/** Tries a task until it succeeds, fails for good, or has used up its retries. */
async function tried(
  task: TaskRun,
  node: JobNode,
  dag: DagDefinition,
  { clock, runTask, inLane, tell }: LocalServices,
  signal: AbortSignal,
): Promise<boolean> {
  const options = { ...dag.options.defaults, ...node.options };
  const { retries = 0, retryDelay = RETRY_DELAY, retryBackoff = false, maxRetryDelay } = options;
  for (let count = 0; ; count += 1) {
    const exitCode = await inLane(async () => await runTask(task, signal));
    if (exitCode === 0) return true;
    signal.throwIfAborted();
    if (FINAL.includes(exitCode) || count >= retries) return false;
    const grown = toMs(retryDelay) * (retryBackoff ? 2 ** count : 1);
    const waitMs = Math.min(grown, toMs(maxRetryDelay ?? { days: 1 }));
    tell(`${task.runId}: exit code ${String(exitCode)}, again in ${String(waitMs / 1000)} s`);
    await clock.sleep(waitMs, signal);
  }
}
