import type { AirflowTarget } from '../model.ts';

/** Where a name comes from: the same in both versions, or not. */
type Home =
  | string
  | {
      readonly 2: string;
      readonly 3: string;
      readonly oldName?: string;
      /** First version that has the new place, where that is not 3.0. */
      readonly since?: '3.2';
    };

/** Names that files import. */
export const HOMES: Readonly<Record<string, Home>> = {
  timedelta: 'datetime',
  base64: '',
  json: '',
  pendulum: '',
  CronDataIntervalTimetable: 'airflow.timetables.interval',
  DAG: { 2: 'airflow.models.dag', 3: 'airflow.sdk' },
  // In Airflow 3.1 and later.
  DeadlineAlert: 'airflow.sdk',
  DeadlineReference: 'airflow.sdk',
  AsyncCallback: 'airflow.sdk',
  Asset: { 2: 'airflow.datasets', 3: 'airflow.sdk', oldName: 'Dataset' },
  Param: { 2: 'airflow.models.param', 3: 'airflow.sdk' },
  TaskGroup: { 2: 'airflow.utils.task_group', 3: 'airflow.sdk' },
  AirflowFailException: { 2: 'airflow.exceptions', 3: 'airflow.sdk.exceptions', since: '3.2' },
  AirflowSkipException: { 2: 'airflow.exceptions', 3: 'airflow.sdk.exceptions', since: '3.2' },
  BashOperator: { 2: 'airflow.operators.bash', 3: 'airflow.providers.standard.operators.bash' },
  BranchPythonOperator: {
    2: 'airflow.operators.python',
    3: 'airflow.providers.standard.operators.python',
  },
  EmptyOperator: { 2: 'airflow.operators.empty', 3: 'airflow.providers.standard.operators.empty' },
  DatabricksSubmitRunOperator: 'airflow.providers.databricks.operators.databricks',
  GlueJobOperator: 'airflow.providers.amazon.aws.operators.glue',
  EmrAddStepsOperator: 'airflow.providers.amazon.aws.operators.emr',
  EmrCreateJobFlowOperator: 'airflow.providers.amazon.aws.operators.emr',
  EmrTerminateJobFlowOperator: 'airflow.providers.amazon.aws.operators.emr',
  EmrServerlessStartJobOperator: 'airflow.providers.amazon.aws.operators.emr',
  KubernetesPodOperator: 'airflow.providers.cncf.kubernetes.operators.pod',
  k8s: 'kubernetes.client',
  DockerOperator: 'airflow.providers.docker.operators.docker',
  Mount: 'docker.types',
  SparkSubmitOperator: 'airflow.providers.apache.spark.operators.spark_submit',
  SlackWebhookNotifier: 'airflow.providers.slack.notifications.slack_webhook',
  SnsNotifier: 'airflow.providers.amazon.aws.notifications.sns',
  SmtpNotifier: 'airflow.providers.smtp.notifications.smtp',
  PagerdutyNotifier: 'airflow.providers.pagerduty.notifications.pagerduty',
};

/** The import block of a file: what was used, in the order that isort would give it. */
export function importBlock(used: ReadonlySet<string>, airflow: AirflowTarget): string {
  const same: Modules = new Map();
  const moved = new Map<string, { readonly old: Modules; readonly now: Modules }>();
  for (const name of used) {
    const home = HOMES[name];
    if (home === undefined) throw new RangeError(`nobody knows where "${name}" comes from`);
    if (typeof home === 'string') {
      add(same, home, name === 'k8s' ? 'models as k8s' : name);
      continue;
    }
    const { oldName, since } = home;
    const old = oldName === undefined ? name : `${oldName} as ${name}`;
    if (airflow === '2') add(same, home[2], old);
    else if (airflow === '3' && since === undefined) add(same, home[3], name);
    else {
      const until = since === undefined ? 'Airflow 2' : `before Airflow ${since}`;
      const block = moved.get(until) ?? { old: new Map(), now: new Map() };
      moved.set(until, block);
      add(block.old, home[2], old);
      add(block.now, home[3], name);
    }
  }
  const whole = (same.get('') ?? []).toSorted();
  const others = [...same].filter(([module]) => module !== 'datetime' && module !== '');
  const blocks = [
    [
      ...whole.filter((name) => name !== 'pendulum').map((name) => `import ${name}`),
      ...lines(new Map([...same].filter(([module]) => module === 'datetime'))),
    ],
    [
      ...whole.filter((name) => name === 'pendulum').map((name) => `import ${name}`),
      ...lines(new Map(others)),
    ],
    ...[...moved].map(([until, { old, now }]) => [
      ...['try:', ...lines(now, '    ')],
      ...[`except ImportError:  # ${until}`, ...lines(old, '    ')],
    ]),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

type Modules = Map<string, string[]>;

function add(modules: Modules, module: string, name: string): void {
  modules.set(module, [...(modules.get(module) ?? []), name]);
}

/** isort has constants first. */
function rankOf(name: string): string {
  return /^[A-Z]+$/.test(name) ? '0' : '1';
}

function lines(modules: ReadonlyMap<string, readonly string[]>, indent = ''): readonly string[] {
  return [...modules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([module, names]) => {
      const sorted = [...names].sort((a, b) => (rankOf(a) + a < rankOf(b) + b ? -1 : 1));
      const line = `${indent}from ${module} import ${sorted.join(', ')}`;
      if (line.length <= 88) return line;
      const inside = sorted.map((name) => `${indent}    ${name},`);
      return [`${indent}from ${module} import (`, ...inside, `${indent})`].join('\n');
    });
}
