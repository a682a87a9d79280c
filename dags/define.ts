import type { ConfigOf, JobDefinition } from '../jobs/job.ts';
import type { TransientCluster } from '../platforms/emr/settings.ts';
import type { Duration } from './duration.ts';
import type {
  BranchNode,
  ClusterNode,
  DagDefinition,
  DagNode,
  DagOptions,
  Group,
  JobNode,
  JoinNode,
  Member,
  NodeOptions,
} from './model.ts';
import { callerOrigin } from './origin.ts';
import type { Param } from './param.ts';
import type { Target } from './target.ts';
import { interval, type TaskWindow } from './window.ts';

/** Something that comes before or after others. */
export interface Ref {
  /** This comes after all of those. */
  after(...others: readonly Ref[]): this;
  /** This comes before all of those. */
  before(...others: readonly Ref[]): this;
}

type AnyJob = Pick<JobDefinition<unknown>, 'name' | 'config'>;

interface JobOptions<Job extends AnyJob> extends NodeOptions {
  readonly job: Job;
  /** What runs it. */
  readonly on: Target;
  /** Default: the interval of the schedule. */
  readonly window?: TaskWindow;
  readonly config: ConfigOf<Job>;
}

interface MappedOptions<Job extends AnyJob, Item> extends Omit<JobOptions<Job>, 'config'> {
  /** One run of the task for each. */
  readonly each: readonly Item[];
  readonly config: (item: Item) => ConfigOf<Job>;
}

/** A cluster of EMR as a value for `emr(..., { cluster })`. */
export type ClusterRef = Ref & { readonly kind: 'cluster' };

export interface Statements {
  /** A run of a job. */
  task<Job extends AnyJob>(id: string, options: JobOptions<Job>): Ref;
  /** A run of a job for each item of a list; the runs go on side by side. */
  map<Job extends AnyJob, Item>(id: string, options: MappedOptions<Job, Item>): Ref;
  /** Lets only those run that come with the value of a parameter; others are skipped. */
  branch<Value extends string>(
    id: string,
    options: NodeOptions & {
      readonly on: Param<Value>;
      readonly cases: Readonly<Record<NoInfer<Value>, Ref | readonly Ref[]>>;
    },
  ): Ref;
  /** A place where things meet. */
  join(id: string, options?: NodeOptions): Ref;
  /** A cluster of EMR for the tasks on it, ended after them however they end. */
  emrCluster(
    id: string,
    cluster: Partial<TransientCluster>,
    options?: NodeOptions & {
      readonly connection?: string;
      readonly region?: string;
      readonly poll?: Duration;
    },
  ): ClusterRef;
  /** Statements that belong together. */
  group(id: string, write: (group: Statements) => void): Ref;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type Made<T extends Member> = Writable<Omit<T, 'upstream'>> & { upstream: Member[] } & Ref;

/**
 * A DAG as a value. What is wrong with it is told when it is compiled, all at once.
 *
 * @param write - its statements, one for each task.
 */
export function defineDag(
  id: string,
  options: DagOptions,
  write: (dag: Statements) => void,
): DagDefinition {
  const members: Member[] = [];
  const origin = callerOrigin();
  write(statements(members, undefined));
  return { kind: 'dray.dag/1', id, options, origin, members };
}

function statements(members: Member[], group: Group | undefined): Statements {
  const pathOf = (id: string) => (group === undefined ? id : `${group.path}.${id}`);

  function add<T extends Member>(
    member: Omit<T, 'upstream' | 'path' | 'group' | 'origin'>,
  ): Made<T> {
    const upstream: Member[] = [];
    const made = {
      ...member,
      ...{ path: pathOf((member as { id: string }).id), group, upstream, origin: callerOrigin() },
      after(...others: readonly Ref[]) {
        upstream.push(...others.map(memberOf));
        return made;
      },
      before(...others: readonly Ref[]) {
        for (const other of others) other.after(made);
        return made;
      },
    } as unknown as Made<T>;
    members.push(made as unknown as Member);
    return made;
  }

  return {
    task(id, { job, on, window = interval, config, ...options }) {
      const node = add<JobNode>({
        ...{ kind: 'job', id, options, window, target: on, isMapped: false },
        ...{ job: job as unknown as JobDefinition<unknown>, configs: [config] },
      });
      return afterCluster(node, on);
    },
    map(id, { job, on, window = interval, each, config, ...options }) {
      const node = add<JobNode>({
        ...{ kind: 'job', id, options, window, target: on, isMapped: true },
        ...{
          job: job as unknown as JobDefinition<unknown>,
          configs: each.map((item) => config(item)),
        },
      });
      return afterCluster(node, on);
    },
    branch(id, { on, cases, ...options }) {
      const given = Object.entries<Ref | readonly Ref[]>(cases);
      const named = Object.fromEntries(
        given.map(([value, refs]) => [value, [refs].flat().map((ref) => memberOf(ref))]),
      );
      const node = add<BranchNode>({ kind: 'branch', id, options, param: on, cases: named });
      for (const [, refs] of given) node.before(...[refs].flat());
      return node;
    },
    join: (id, options = {}) => add<JoinNode>({ kind: 'join', id, options }),
    emrCluster(id, cluster, { connection, region, poll, ...options } = {}) {
      return add<ClusterNode>({
        ...{ kind: 'cluster', id, options, cluster, connection, region, poll },
      });
    },
    group(id, write) {
      const inside: Member[] = [];
      const made = add<Group>({ kind: 'group', id, members: inside });
      write(statements(inside, made));
      return made;
    },
  };
}

function afterCluster(node: Made<JobNode>, target: Target): Ref {
  if (target.kind === 'emr' && typeof target.cluster === 'object') {
    node.after(target.cluster as ClusterRef);
  }
  return node;
}

/** Every reference is one of the objects that `add` has made. */
function memberOf(ref: Ref): Member {
  return ref as unknown as DagNode;
}
