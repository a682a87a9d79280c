import { isDate } from '../core/window.ts';
import { toWire, parseConfig } from '../core/wire.ts';
import { messageOf } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { jobs } from '../jobs/registry.ts';
import { deadlineProblems } from './deadline.ts';
import { toMs } from './duration.ts';
import {
  type DagDefinition,
  type DagNode,
  type JobNode,
  type Member,
  allBefore,
  nodesOf,
} from './model.ts';
import { type Origin, spellOrigin } from './origin.ts';
import { cronOf, cronProblem, firesTwiceADay } from './schedule.ts';
import { enginesOn } from './target.ts';
import { needsInterval } from './window.ts';

/** What is wrong, and where in somebody's file. */
export interface Problem {
  readonly origin: Origin;
  readonly text: string;
}

export function spellProblem({ origin, text }: Problem): string {
  return `${spellOrigin(origin)}: ${text}`;
}

/** As long as a run id of dray's has room for, beside that of Airflow's run. */
const ID_CHARACTERS = 80;

/** Everything that is wrong with DAGs and can be known without compiling them. */
export function problemsOf(dags: readonly DagDefinition[]): readonly Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, DagDefinition>();
  for (const dag of dags) {
    const first = seen.get(dag.id);
    if (first !== undefined) {
      const text = `the DAG "${dag.id}" is there already, at ${spellOrigin(first.origin)}`;
      problems.push({ origin: dag.origin, text });
    }
    seen.set(dag.id, dag);
    problems.push(...ofDag(dag));
  }
  return problems;
}

function ofDag(dag: DagDefinition): readonly Problem[] {
  const problems: Problem[] = [];
  const tell = ({ origin }: { readonly origin: Origin }, text: string | undefined) => {
    if (text !== undefined) problems.push({ origin, text });
  };
  tell(dag, refusedName('DAG', dag.id));
  tell(dag, scheduleProblem(dag));
  for (const param of dag.options.params ?? []) tell(dag, refusedName('parameter', param.name));
  const seen = new Map<string, Member>();
  for (const member of membersOf(dag.members)) {
    tell(member, refusedName(member.kind === 'group' ? 'group' : 'task', member.id));
    const first = seen.get(member.path);
    if (first !== undefined) {
      tell(member, `"${member.path}" is there already, at ${spellOrigin(first.origin)}`);
    }
    seen.set(member.path, member);
    // The task that ends it.
    if (member.kind === 'cluster') seen.set(member.path.replace(/[^.]*$/, 'end_$&'), member);
  }
  const nodes = nodesOf(dag.members);
  if (nodes.length === 0) tell(dag, `the DAG "${dag.id}" has no tasks`);
  for (const node of nodes) {
    for (const other of allBefore(node)) {
      if (!nodes.includes(other)) tell(node, `"${node.path}" comes after a task of another DAG`);
    }
    if (dag.id.length + node.path.length > ID_CHARACTERS) {
      tell(
        node,
        `"${dag.id}" and "${node.path}" have more than ${String(ID_CHARACTERS)} characters`,
      );
    }
    if (node.kind === 'job') for (const text of ofJob(node, dag)) tell(node, text);
    if (node.kind === 'branch') {
      const { param } = node;
      if (!(dag.options.params ?? []).includes(param)) {
        tell(node, `the DAG has no parameter "${param.name}": name it in "params"`);
      }
    }
  }
  for (const text of deadlineProblems(dag)) tell(dag, text);
  const circle = cycleIn(nodes);
  const [start] = circle;
  if (start !== undefined) {
    tell(start, `a cycle: ${circle.map(({ path }) => path).join(' -> ')}`);
  }
  return problems;
}

function scheduleProblem({ id, options }: DagDefinition): string | undefined {
  const { schedule, startDate, endDate, catchup } = options;
  for (const [key, value] of Object.entries({
    startDate,
    ...(endDate === undefined ? {} : { endDate }),
  })) {
    if (!isDate(value)) return `"${key}" of "${id}" is no day: "${value}"; write YYYY-MM-DD`;
  }
  const byClock = cronOf(schedule);
  if (byClock !== undefined) return cronProblem(byClock);
  if (Array.isArray(schedule) && schedule.length === 0) return `"${id}" waits for no asset`;
  return catchup === true ? `"${id}" has no intervals to catch up with` : undefined;
}

function ofJob(node: JobNode, dag: DagDefinition): readonly string[] {
  const { job, configs, target, options, path } = node;
  const problems: string[] = [];
  if (!Object.hasOwn(jobs, job.name)) {
    const near = nearest(job.name, Object.keys(jobs));
    const known = `jobs: ${Object.keys(jobs).join(', ')}`;
    problems.push(
      `"${path}": there is no job "${job.name}"; ${near === undefined ? known : `did you mean "${near}"?`}`,
    );
  }
  if (configs.length === 0) problems.push(`"${path}" is mapped over an empty list`);
  for (const [index, config] of configs.entries()) {
    const of = configs.length > 1 ? ` [${String(index)}]` : '';
    try {
      parseConfig(job.config, toWire(config));
    } catch (error) {
      problems.push(`"${path}"${of}: ${messageOf(error)}`);
    }
    const engine = (config as { readonly strategyType?: unknown } | undefined)?.strategyType;
    const remote = (config as { readonly sparkRemote?: unknown } | undefined)?.sparkRemote;
    if (engine === 'bigdata' && remote === undefined && !enginesOn(target).includes('bigdata')) {
      problems.push(
        `"${path}"${of}: ${target.kind} has no engine "bigdata"; use one of ${enginesOn(target).join(', ')}, or say "spark: true" where a Spark is in reach`,
      );
    }
  }
  problems.push(...ofWindow(node, dag));
  for (const [key, value] of Object.entries({
    retries: options.retries,
    poolSlots: options.poolSlots,
  })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      problems.push(`"${path}": "${key}" is no whole number: ${String(value)}`);
    }
  }
  for (const [key, value] of Object.entries({
    retryDelay: options.retryDelay,
    timeout: options.timeout,
  })) {
    if (value !== undefined && !(toMs(value) > 0)) problems.push(`"${path}": "${key}" is no time`);
  }
  return problems;
}

function ofWindow({ window, path }: JobNode, { options }: DagDefinition): readonly string[] {
  if (window.kind === 'dates') {
    const { startDate, endDate } = window;
    return isDate(startDate) && isDate(endDate) && startDate < endDate
      ? []
      : [`"${path}": "${startDate}" to "${endDate}" is no window`];
  }
  if (!needsInterval(window)) return [];
  if (window.kind === 'lookBack' && !(Number.isInteger(window.days) && window.days > 0)) {
    return [`"${path}" looks back ${String(window.days)} days: write a whole number of them`];
  }
  const byClock = cronOf(options.schedule);
  if (byClock === undefined) {
    return [
      `"${path}": without a schedule by the clock there is no interval; say "window: dates(...)" or "window: allRows"`,
    ];
  }
  if (cronProblem(byClock) !== undefined || !isDate(options.startDate)) return [];
  return firesTwiceADay(byClock, options.startDate)
    ? [`"${path}": "${byClock.cron}" comes twice a day, and windows are of whole days`]
    : [];
}

/** Airflow takes dots too, but those are the groups'; a letter first makes a name in Python of it. */
function refusedName(what: string, name: string): string | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name)) return undefined;
  return `no ${what} can be called "${name}": up to 64 letters, digits, _ and -, a letter first`;
}

function membersOf(members: readonly Member[]): readonly Member[] {
  return members.flatMap((member) =>
    member.kind === 'group' ? [member, ...membersOf(member.members)] : [member],
  );
}

/** The first circle, from a task to itself; empty: there is none. */
function cycleIn(nodes: readonly DagNode[]): readonly DagNode[] {
  const done = new Set<DagNode>();
  function visit(node: DagNode, path: readonly DagNode[]): readonly DagNode[] {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node].reverse();
    if (done.has(node)) return [];
    for (const before of allBefore(node)) {
      const circle = visit(before, [...path, node]);
      if (circle.length > 0) return circle;
    }
    done.add(node);
    return [];
  }
  for (const node of nodes) {
    const circle = visit(node, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
