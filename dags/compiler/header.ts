import type { DagDefinition } from '../model.ts';
import { deadlineArgs } from './deadline.ts';
import { day, duration, notifiers, runArgs, scheduleArg } from './options.ts';
import { call, code, plain, type Py } from './python.ts';

/** The call that makes the DAG. */
export function dagCall({ id, options }: DagDefinition, timezone: string): Py {
  const { params = [], tags = [], defaults = {} } = options;
  const defaultArgs = Object.entries(runArgs(defaults)).filter(
    (entry): entry is [string, Py] => entry[1] !== undefined,
  );
  return call('DAG', {
    dag_id: plain(id),
    description: options.description === undefined ? undefined : plain(options.description),
    doc_md: code('__doc__'),
    schedule: scheduleArg(options.schedule),
    start_date: day(options.startDate, timezone),
    end_date: options.endDate === undefined ? undefined : day(options.endDate, timezone),
    catchup: options.catchup ?? false,
    max_active_runs: options.maxActiveRuns,
    max_active_tasks: options.maxActiveTasks,
    dagrun_timeout: duration(options.timeout),
    default_args: defaultArgs.length === 0 ? undefined : { dict: defaultArgs },
    params:
      params.length === 0
        ? undefined
        : {
            dict: params.map(({ name, choices, initial, description }) => [
              name,
              call(
                'Param',
                {
                  ...{ type: plain('string'), enum: plain(choices) },
                  description: description === undefined ? undefined : plain(description),
                },
                [plain(initial)],
              ),
            ]),
          },
    tags: tags.length === 0 ? undefined : plain(tags),
    on_failure_callback: notifiers(options.onFailure),
    on_success_callback: notifiers(options.onSuccess),
    ...deadlineArgs(id, options),
  });
}
