import type { JobDefinition } from '../jobs/job.ts';
import type { TransientCluster } from '../platforms/emr/settings.ts';
import type { Duration } from './duration.ts';
import type { Notifier } from './notifier.ts';
import type { Origin } from './origin.ts';
import type { Param } from './param.ts';
import type { Asset, Schedule } from './schedule.ts';
import type { Target } from './target.ts';
import type { TaskWindow } from './window.ts';

/** Those that Airflow 2 and 3 have alike. */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_skipped',
  'none_failed_min_one_success',
  'always',
] as const;
export type TriggerRule = (typeof TRIGGER_RULES)[number];

/** Versions of Airflow that a file is for. */
export type AirflowTarget = '2' | '3' | 'both';

/** How tasks are run; for a DAG the defaults of all its tasks. */
export interface RunOptions {
  readonly retries?: number;
  readonly retryDelay?: Duration;
  /** Twice as long after each try, up to `maxRetryDelay`. */
  readonly retryBackoff?: boolean;
  readonly maxRetryDelay?: Duration;
  /** Airflow ends a try that takes longer. */
  readonly timeout?: Duration;
  readonly pool?: string;
  readonly poolSlots?: number;
  readonly priority?: number;
  readonly queue?: string;
  readonly owner?: string;
  /** Only after the same task of the run before has succeeded. */
  readonly dependsOnPast?: boolean;
  readonly onFailure?: readonly Notifier[];
  readonly onRetry?: readonly Notifier[];
  readonly onSuccess?: readonly Notifier[];
}

export interface NodeOptions extends RunOptions {
  readonly triggerRule?: TriggerRule;
  /** Markdown. */
  readonly docs?: string;
  /** What it has brought up to date when it succeeds. */
  readonly outlets?: readonly Asset[];
}

/** A time by which a run should be done; it goes on all the same. */
export interface Deadline {
  /** Since the run began: the end of its interval, or when it was queued. */
  readonly after: Duration;
  /** Who is told. Their texts are no templates here: nothing is known of the run in both versions. */
  readonly notify: readonly Notifier[];
}

export interface DagOptions {
  readonly schedule: Schedule;
  /** First day of the first interval, in the schedule's time zone. */
  readonly startDate: string;
  readonly endDate?: string;
  /** Run the intervals that have passed since `startDate` as well; default: only the last one. */
  readonly catchup?: boolean;
  readonly description?: string;
  /** Markdown. */
  readonly docs?: string;
  readonly tags?: readonly string[];
  readonly params?: readonly Param[];
  readonly maxActiveRuns?: number;
  readonly maxActiveTasks?: number;
  /** Airflow fails a run that takes longer. */
  readonly timeout?: Duration;
  /** Of Airflow 2 or of 3, so `airflow` has to be one of them. */
  readonly deadline?: Deadline;
  readonly defaults?: RunOptions;
  readonly onFailure?: readonly Notifier[];
  readonly onSuccess?: readonly Notifier[];
  readonly airflow?: AirflowTarget;
}

interface NodeBase {
  /** As Airflow spells it: those of the groups around it, with dots, and its own. */
  readonly path: string;
  readonly id: string;
  readonly group: Group | undefined;
  readonly options: NodeOptions;
  readonly origin: Origin;
  readonly upstream: readonly Member[];
}

export interface JobNode extends NodeBase {
  readonly kind: 'job';
  readonly job: JobDefinition<unknown>;
  /** In the form of TypeScript; one for each mapped run, else one. */
  readonly configs: readonly unknown[];
  readonly isMapped: boolean;
  readonly window: TaskWindow;
  readonly target: Target;
}

/** Lets only the tasks run that a parameter names. */
export interface BranchNode extends NodeBase {
  readonly kind: 'branch';
  readonly param: Param;
  readonly cases: Readonly<Record<string, readonly Member[]>>;
}

/** Does nothing, so that many things can come before and after one. */
export interface JoinNode extends NodeBase {
  readonly kind: 'join';
}

/** A cluster of EMR that is made before the tasks on it, and ended after them. */
export interface ClusterNode extends NodeBase {
  readonly kind: 'cluster';
  readonly cluster: Partial<TransientCluster>;
  readonly connection: string | undefined;
  readonly region: string | undefined;
  readonly poll: Duration | undefined;
}

export type DagNode = JobNode | BranchNode | JoinNode | ClusterNode;

export interface Group {
  readonly kind: 'group';
  readonly path: string;
  readonly id: string;
  readonly group: Group | undefined;
  readonly origin: Origin;
  readonly members: readonly Member[];
  readonly upstream: readonly Member[];
}

export type Member = DagNode | Group;

export interface DagDefinition {
  readonly kind: 'dray.dag/1';
  readonly id: string;
  readonly options: DagOptions;
  readonly origin: Origin;
  /** In the order of the statements. */
  readonly members: readonly Member[];
}

/** All nodes, those in groups too. */
export function nodesOf(members: readonly Member[]): readonly DagNode[] {
  return members.flatMap((member) =>
    member.kind === 'group' ? nodesOf(member.members) : [member],
  );
}

/** The nodes that members begin with: of a group those without any before them in it. */
export function firstOf(members: readonly Member[]): readonly DagNode[] {
  return members.flatMap((member) => {
    if (member.kind !== 'group') return [member];
    const inside = nodesOf(member.members);
    return inside.filter((node) => !allBefore(node).some((other) => inside.includes(other)));
  });
}

/** The nodes that members end with. */
function lastOf(members: readonly Member[]): readonly DagNode[] {
  return members.flatMap((member) => {
    if (member.kind !== 'group') return [member];
    const inside = nodesOf(member.members);
    return inside.filter((node) => !inside.some((other) => allBefore(other).includes(node)));
  });
}

/** The nodes that nothing comes after: with them a run is done. */
export function endsOf({ members }: DagDefinition): readonly DagNode[] {
  const nodes = nodesOf(members);
  const before = new Set(nodes.flatMap(nodesBefore));
  return nodes.filter((node) => !before.has(node));
}

/** Everything that is written before a node, or before a group around it. */
export function allBefore(node: DagNode): readonly DagNode[] {
  const before = [...nodesOf(node.upstream)];
  for (let { group } = node; group !== undefined; { group } = group) {
    before.push(...nodesOf(group.upstream));
  }
  return [...new Set(before)];
}

/** What a node waits for itself, as Airflow has it: ends of groups, and beginnings of its own ones. */
export function nodesBefore(node: DagNode): readonly DagNode[] {
  const before = [...lastOf(node.upstream)];
  for (let { group } = node; group !== undefined; { group } = group) {
    if (firstOf([group]).includes(node)) before.push(...lastOf(group.upstream));
  }
  return [...new Set(before)];
}
