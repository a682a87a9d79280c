import { printable } from '../../core/printable.ts';
import { defineCommand } from '../command.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count, instant, paint } from '../wording.ts';
import { assertLimit, LIMIT } from './limit.ts';

const COLUMNS: readonly TableColumn[] = [
  { title: 'CREATED (UTC)' },
  { title: 'JOB', shrinkTo: 8, optional: true },
  { title: 'RUN', shrinkTo: 12 },
  { title: 'EVENT' },
  { title: 'STATE' },
  { title: 'TRIES', align: 'right' },
  { title: 'LAST ERROR', shrinkTo: 20 },
];

const STYLES = { PENDING: 'yellow', SENT: 'green', GIVEN_UP: 'red' } as const;

/** `dray notifications list`: what was told, and what waits for the next run of its job. */
export const notificationsList = defineCommand({
  usage: 'notifications list',
  summary: 'list the newest notifications and what came of them',
  flags: (yargs) =>
    yargs
      .option('limit', LIMIT)
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  async run({ limit, json }, context) {
    assertLimit(limit);
    const found = await context.store.listNotifications(limit);
    if (json) {
      const wire = found.map(({ runId, createdAt, ...rest }) => ({
        ...rest,
        ...{ run_id: runId, created_at: createdAt },
      }));
      context.out(JSON.stringify(wire, null, 2));
      return 0;
    }
    if (found.length === 0) {
      context.err('no notifications yet');
      return 0;
    }
    const rows = found.map(({ createdAt, job, runId, event, state, tries, error }) => [
      ...[instant(createdAt), printable(job), printable(runId), event],
      ...[paint(STYLES[state], state, context.color), count(tries), printable(error ?? '')],
    ]);
    const [titles = '', ...lines] = tableLines(COLUMNS, rows, context.width);
    context.out([paint('bold', titles, context.color), ...lines].join('\n'));
    return 0;
  },
});
