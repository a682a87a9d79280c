import { spellDuration } from '../duration.ts';
import {
  type DagDefinition,
  type DagNode,
  type DagOptions,
  type Deadline,
  endsOf,
} from '../model.ts';
import { insteadOfState, type Notifier } from '../notifier.ts';
import { duration, notifier, notifiers } from './options.ts';
import { call, code, type Py } from './python.ts';

type Args = Readonly<Record<string, Py | undefined>>;

/** What tells of a missed deadline, as arguments of the DAG. */
export function deadlineArgs(id: string, { airflow, deadline }: DagOptions): Args {
  if (deadline === undefined) return {};
  const told = deadline.notify.map((one) => insteadOfState(one, textOf(id, deadline)));
  if (airflow === '2') return { sla_miss_callback: notifiers(told) };
  return { deadline: { list: told.map((one) => alert(one, deadline)) } };
}

/** Airflow 2 has deadlines of tasks: those that a run ends with get it. */
export function slaArgs(node: DagNode, dag: DagDefinition): Args {
  const { airflow, deadline } = dag.options;
  if (airflow !== '2' || deadline === undefined || !endsOf(dag).includes(node)) return {};
  return { sla: duration(deadline.after) };
}

/** The triggerer makes the notifier of its class and arguments, and waits for it. */
function alert(one: Notifier, { after }: Deadline): Py {
  const { call: name, args } = notifier(one);
  const kwargs = { dict: args };
  return call('DeadlineAlert', {
    reference: code('DeadlineReference.DAGRUN_QUEUED_AT'),
    interval: duration(after),
    callback: call('AsyncCallback', { kwargs }, [code(name)]),
  });
}

function textOf(id: string, { after }: Deadline): string {
  return `${id} has missed its deadline: not done ${spellDuration(after)} after it began`;
}
