/** Whom a DAG or a task tells, through connections of Airflow's. Texts are templates of Airflow's. */
export type Notifier =
  | { readonly kind: 'slack'; readonly connection: string; readonly text: string }
  | {
      readonly kind: 'sns';
      readonly connection: string;
      readonly topicArn: string;
      readonly subject: string;
      readonly text: string;
      readonly region?: string;
    }
  | {
      readonly kind: 'email';
      readonly connection: string;
      readonly to: readonly string[];
      readonly from?: string;
      readonly subject: string;
      readonly text: string;
    }
  | {
      readonly kind: 'pagerduty';
      readonly connection: string;
      readonly text: string;
      readonly severity: 'critical' | 'error' | 'warning' | 'info';
    };

const WHAT = '{{ dag.dag_id }}.{{ ti.task_id }} is {{ ti.state }}';
const WHICH = `${WHAT}: run {{ run_id }}, try {{ ti.try_number }}`;

/** The same notifier with another text where it has that of a task's state. */
export function insteadOfState(notifier: Notifier, text: string): Notifier {
  const own = notifier.text === WHICH ? { text } : {};
  if (!('subject' in notifier)) return { ...notifier, ...own };
  return { ...notifier, ...own, ...(notifier.subject === WHAT ? { subject: text } : {}) };
}

/** A message to the channel of an incoming webhook; the connection holds its address. */
export function slack(connection: string, text = WHICH): Notifier {
  return { kind: 'slack', connection, text };
}

export function sns(
  topicArn: string,
  options: {
    readonly connection?: string;
    readonly subject?: string;
    readonly text?: string;
    readonly region?: string;
  } = {},
): Notifier {
  return {
    kind: 'sns',
    topicArn,
    connection: 'aws_default',
    subject: WHAT,
    text: WHICH,
    ...options,
  };
}

export function email(
  to: readonly string[],
  options: {
    readonly connection?: string;
    readonly from?: string;
    readonly subject?: string;
    readonly text?: string;
  } = {},
): Notifier {
  return { kind: 'email', to, connection: 'smtp_default', subject: WHAT, text: WHICH, ...options };
}

/** An event of PagerDuty's; the connection holds the integration key. */
export function pagerDuty(
  connection: string,
  options: {
    readonly text?: string;
    readonly severity?: 'critical' | 'error' | 'warning' | 'info';
  } = {},
): Notifier {
  return { kind: 'pagerduty', connection, text: WHICH, severity: 'error', ...options };
}
