import { createHash } from 'node:crypto';
import { configUri, type SealOptions } from '../../platforms/envelope.ts';
import { cronOf } from '../schedule.ts';
import {
  type BranchNode,
  type DagDefinition,
  type DagNode,
  type JobNode,
  firstOf,
  type Member,
} from '../model.ts';
import { emrOperator, emrServerlessOperator, glueOperator } from './aws.ts';
import { Constants } from './constants.ts';
import { clusterOperators } from './cluster.ts';
import { databricksOperator } from './databricks.ts';
import { slaArgs } from './deadline.ts';
import { edges } from './edges.ts';
import { dagCall } from './header.ts';
import { importBlock } from './imports.ts';
import { nodeArgs } from './options.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { call, code, docText, plain, print, type Py, quoted } from './python.ts';
import { variablesOf } from './variables.ts';
import {
  bashOperator,
  dockerOperator,
  kubernetesOperator,
  sparkSubmitOperator,
} from './workers.ts';

const STEP = '    ';

/** What a DAG is compiled to. */
export interface CompiledDag {
  readonly id: string;
  /** `<id>.py` */
  readonly python: string;
  /** Configs that are too long for arguments, by the URI that the arguments name. */
  readonly uploads: ReadonlyMap<string, Uint8Array>;
}

/** Tells what is wrong with a statement. */
export type Tell = (at: DagNode | DagDefinition, text: string) => void;

/**
 * Writes the Python file of a DAG that has been checked.
 *
 * @param source - the TypeScript that it comes from, as the header has it.
 */
export async function compileFile(
  dag: DagDefinition,
  source: string,
  tell: Tell,
): Promise<CompiledDag> {
  const uploads = new Map<string, Uint8Array>();
  const used = new Set<string>(['DAG']);
  const variables = variablesOf(dag);
  const timezone = cronOf(dag.options.schedule)?.timezone ?? 'UTC';
  const classes = new Map<string, string>();
  /** How many configs of a task there are by now. */
  const configs = new Map<string, number>();
  const functions: string[] = [];
  const constants = new Constants();

  const contextOf = (node: DagNode): OperatorContext => ({
    timezone,
    hasParams: (dag.options.params ?? []).length > 0,
    uploadTo: (folder) => (folder === undefined ? undefined : uploader(folder, uploads)),
    variableOf: (other) => variables.get(other)?.name ?? '',
    sealed(envelope, config) {
      const name = `${(variables.get(node)?.name ?? '').toUpperCase()}_CONFIG`;
      const count = (configs.get(name) ?? 0) + 1;
      configs.set(name, count);
      constants.addConfig(count === 1 ? name : `${name}_${String(count)}`, envelope, config);
    },
    problem: (text) => {
      tell(node, text);
    },
  });

  async function statement(member: Member, indent: string): Promise<readonly string[]> {
    const name = variables.get(member)?.name ?? '';
    if (member.kind === 'group') {
      const inside = [];
      for (const one of member.members) inside.push(...(await statement(one, indent + STEP)));
      const line = `${indent}with TaskGroup(${quoted(member.id)}) as ${name}:`;
      return [line, ...(inside.length === 0 ? [`${indent}${STEP}pass`] : inside)];
    }
    const context = contextOf(member);
    const assign = (variable: string, value: Py) =>
      `${indent}${variable} = ${print(value, indent, variable.length + 3)}`;
    switch (member.kind) {
      case 'join':
        return [
          assign(
            name,
            operatorCall('EmptyOperator', member.id, {
              ...nodeArgs(member.options),
              ...slaArgs(member, dag),
            }),
          ),
        ];
      case 'branch':
        functions.push(branchFunction(member, variables.get(member)?.otherName ?? ''));
        return [
          assign(
            name,
            operatorCall('BranchPythonOperator', member.id, {
              python_callable: code(variables.get(member)?.otherName ?? ''),
              ...nodeArgs(member.options),
            }),
          ),
        ];
      case 'cluster': {
        const made = clusterOperators(member, context);
        if (made === undefined) return [];
        const [make, end] = made;
        const endName = variables.get(member)?.otherName ?? '';
        const endId = `end_${member.id}`;
        return [
          assign(name, written(make, member.id, nodeArgs(member.options), false)),
          assign(endName, written(end, endId, nodeArgs(member.options), false)),
        ];
      }
      case 'job': {
        const operator = await operatorOf(member, context);
        if (operator === undefined) return [];
        const args = { ...nodeArgs(member.options), ...slaArgs(member, dag) };
        return [assign(name, written(operator, member.id, args, member.isMapped, indent))];
      }
    }
  }

  function operatorCall(
    name: string,
    id: string,
    args: Readonly<Record<string, Py | undefined>>,
  ): Py {
    used.add(name);
    return call(name, { task_id: plain(id), ...args });
  }

  function written(
    { name, seesExitCode, args, mapped }: Operator,
    id: string,
    more: Readonly<Record<string, Py | undefined>>,
    isMapped: boolean,
    indent = STEP,
  ): Py {
    used.add(name);
    let className = name;
    if (seesExitCode === true) {
      className = `Dray${name}`;
      classes.set(className, name);
      used.add('AirflowFailException').add('AirflowSkipException');
    }
    const [value] = mapped.values;
    const all = { task_id: plain(id), ...args, ...more };
    if (!isMapped) return constants.named(call(className, { ...all, [mapped.name]: value }));
    const partial = print(constants.named(call(`${className}.partial`, all)), indent, 0);
    return constants.named(call(`${partial}.expand`, { [mapped.name]: { list: mapped.values } }));
  }

  const head = dagCall(dag, timezone);
  const body: string[] = [];
  for (const member of dag.members) body.push(...(await statement(member, STEP)));
  const order = edges(dag, variables);
  const opening = `with ${print(head, '', 'with :'.length)}:`;
  const block = [opening, ...body, ...(order.length === 0 ? [] : ['', ...order])].join('\n');
  const parts = [
    ...(classes.size === 0 ? [] : [FINAL, ...[...classes].map(([own, of]) => subclass(own, of))]),
    ...constants.statements(),
    ...functions,
    block,
  ];
  for (const name of [...namesIn(block), ...constants.modules]) used.add(name);
  const docs = docstring(dag);
  const imports = importBlock(used, dag.options.airflow ?? 'both');
  const text = `${docs}\n\n${imports}\n\n${layOut(parts)}\n`;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const header = [
    `# Written by dray from ${source}, content ${hash}.`,
    '# Change it there, then: dray dags compile',
  ].join('\n');
  return { id: dag.id, python: `${header}\n${text}`, uploads };
}

async function operatorOf(node: JobNode, context: OperatorContext): Promise<Operator | undefined> {
  const { target } = node;
  switch (target.kind) {
    case 'bash':
      return await bashOperator(node, target, context);
    case 'docker':
      return await dockerOperator(node, target, context);
    case 'kubernetes':
      return await kubernetesOperator(node, target, context);
    case 'spark-submit':
      return await sparkSubmitOperator(node, target, context);
    case 'databricks':
      return await databricksOperator(node, target, context);
    case 'glue':
      return await glueOperator(node, target, context);
    case 'emr':
      return await emrOperator(node, target, context);
    case 'emr-serverless':
      return await emrServerlessOperator(node, target, context);
  }
}

/** The names of providers' classes and of values that appear in code. */
function namesIn(text: string): readonly string[] {
  const names = [
    ...['timedelta', 'pendulum', 'CronDataIntervalTimetable', 'Asset', 'Param', 'TaskGroup'],
    ...['DeadlineAlert', 'DeadlineReference', 'AsyncCallback'],
    ...['Mount', 'k8s', 'SlackWebhookNotifier', 'SnsNotifier', 'SmtpNotifier', 'PagerdutyNotifier'],
  ];
  // As code alone: a name, then a call or a member; or what a deadline calls.
  return names.filter((name) =>
    new RegExp(`(^|[\\s(=[,])${name}[(.]|AsyncCallback\\(\\s*${name},`, 'm').test(text),
  );
}

const FINAL = [
  '# Exit codes of dray that another try does not help: failed, arguments or config, data',
  '# quality, lost to a newer attempt.',
  'FINAL_EXIT_CODES = [1, 2, 4, 5]',
].join('\n');

function subclass(name: string, base: string): string {
  return `

class ${name}(${base}):
    """Fails at once where no retry helps."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowSkipException as error:
            raise AirflowFailException(f"not worth a retry: {error}") from error`;
}

function branchFunction({ param, cases }: BranchNode, name: string): string {
  const chosen = plain(
    Object.fromEntries(
      Object.entries(cases).map(([value, members]) => [
        value,
        firstOf(members).map(({ path }) => path),
      ]),
    ),
  );
  const table = print(chosen, STEP, 'return '.length + `[params[${quoted(param.name)}]]`.length);
  return `

def ${name}(params):
    """The tasks that come with the parameter ${quoted(param.name)}."""
    return ${table}[params[${quoted(param.name)}]]`;
}

function docstring({ id, options }: DagDefinition): string {
  return docText(options.docs ?? options.description ?? `The DAG ${id}.`);
}

/** Two empty lines around classes and functions, one elsewhere. */
function layOut(parts: readonly string[]): string {
  return parts
    .map((part) => part.replace(/^\n+/, ''))
    .map((part, index) => {
      const before = parts[index - 1];
      const isBlock = (one: string | undefined) => one?.startsWith('\n\n') === true;
      const gap = isBlock(parts[index]) || isBlock(before) ? '\n\n\n' : '\n\n';
      return index === 0 ? part : `${gap}${part}`;
    })
    .join('');
}

function uploader(folder: string, uploads: Map<string, Uint8Array>): SealOptions['upload'] {
  return (content, sha256) => {
    const uri = configUri(folder, sha256);
    uploads.set(uri, content);
    return Promise.resolve(uri);
  };
}
