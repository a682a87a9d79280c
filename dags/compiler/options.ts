import type { Duration } from '../duration.ts';
import type { NodeOptions, RunOptions } from '../model.ts';
import type { Notifier } from '../notifier.ts';
import { type Asset, cronOf, type Schedule } from '../schedule.ts';
import { call, plain, type Py, type PyCall, rendered } from './python.ts';

type Args = Readonly<Record<string, Py | undefined>>;

/** How a task is run, as arguments of an operator or of `default_args`. */
export function runArgs(options: RunOptions): Args {
  const { onFailure, onRetry, onSuccess } = options;
  return {
    owner: optional(options.owner),
    depends_on_past: options.dependsOnPast,
    retries: options.retries,
    retry_delay: duration(options.retryDelay),
    retry_exponential_backoff: options.retryBackoff,
    max_retry_delay: duration(options.maxRetryDelay),
    execution_timeout: duration(options.timeout),
    pool: optional(options.pool),
    pool_slots: options.poolSlots,
    priority_weight: options.priority,
    queue: optional(options.queue),
    on_failure_callback: notifiers(onFailure),
    on_retry_callback: notifiers(onRetry),
    on_success_callback: notifiers(onSuccess),
  };
}

export function nodeArgs(options: NodeOptions): Args {
  const { triggerRule, docs, outlets = [] } = options;
  return {
    ...runArgs(options),
    trigger_rule: optional(triggerRule),
    doc_md: optional(docs),
    outlets: outlets.length === 0 ? undefined : assets(outlets),
  };
}

export function scheduleArg(schedule: Schedule): Py {
  const byClock = cronOf(schedule);
  if (byClock !== undefined) {
    const { cron, timezone } = byClock;
    // A cron string is an interval in Airflow 2 and a moment in 3: this is an interval in both.
    return call('CronDataIntervalTimetable', { timezone: plain(timezone) }, [plain(cron)]);
  }
  return Array.isArray(schedule) ? assets(schedule as readonly Asset[]) : null;
}

/** Midnight of a day. */
export function day(date: string, timezone: string): Py {
  const parts = date.split('-').map(Number);
  return call('pendulum.datetime', { tz: plain(timezone) }, parts);
}

export function duration(given: Duration | undefined): Py | undefined {
  if (given === undefined) return undefined;
  const { days, hours, minutes, seconds } = given;
  return call('timedelta', { days, hours, minutes, seconds });
}

export function notifiers(given: readonly Notifier[] = []): Py | undefined {
  return given.length === 0 ? undefined : { list: given.map(notifier) };
}

/** Their texts are templates already: people write them as such. */
export function notifier(one: Notifier): PyCall {
  switch (one.kind) {
    case 'slack':
      return call('SlackWebhookNotifier', {
        ...{ slack_webhook_conn_id: plain(one.connection), text: plain(one.text) },
      });
    case 'sns':
      return call('SnsNotifier', {
        ...{ aws_conn_id: plain(one.connection), target_arn: plain(one.topicArn) },
        ...{ subject: plain(one.subject), message: plain(one.text) },
        region_name: optional(one.region),
      });
    case 'email':
      return call('SmtpNotifier', {
        ...{ smtp_conn_id: plain(one.connection), to: plain(one.to) },
        from_email: optional(one.from),
        ...{ subject: plain(one.subject), html_content: plain(one.text) },
      });
    case 'pagerduty':
      return call('PagerdutyNotifier', {
        ...{ pagerduty_events_conn_id: plain(one.connection), summary: plain(one.text) },
        severity: plain(one.severity),
      });
  }
}

function assets(given: readonly Asset[]): Py {
  return { list: given.map(({ uri }) => call('Asset', {}, [plain(uri)])) };
}

function optional(text: string | undefined): Py | undefined {
  return text === undefined ? undefined : rendered(text);
}
