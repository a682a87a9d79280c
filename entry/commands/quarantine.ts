import type { SqlValue } from '../../core/engine.ts';
import { printable } from '../../core/printable.ts';
import { describeWindow } from '../../core/window.ts';
import { ADDED, keptRows } from '../../jobs/corrections.ts';
import { readers } from '../../strategies/registry.ts';
import { defineCommand } from '../command.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count, instant, paint } from '../wording.ts';
import { openInspection } from './inspection.ts';
import { type Kept, keptByRun, keptOf } from './kept.ts';
import { assertLimit, LIMIT } from './limit.ts';

const COLUMNS: readonly TableColumn[] = [
  // Never cut: it is what `quarantine show` and `replay` take.
  { title: 'RUN ID' },
  { title: 'JOB', shrinkTo: 8, optional: true },
  { title: 'WINDOW' },
  { title: 'ROWS', align: 'right' },
  { title: 'STATE', shrinkTo: 12 },
  { title: 'RULES', shrinkTo: 16 },
  { title: 'KEPT (UTC)', optional: true },
];

/** How many runs are looked through for those that have quarantined rows. */
const RECENT = 500;

export const quarantineList = defineCommand({
  usage: 'quarantine list',
  summary: 'list the newest runs that have quarantined rows',
  flags: (yargs) =>
    yargs
      .option('job', { type: 'string', describe: 'only runs of this job' })
      .option('limit', LIMIT)
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  async run({ job, limit, json }, context) {
    const { store, color, width } = context;
    assertLimit(limit);
    const runs = await store.listRuns({ ...(job !== undefined && { job }), limit: RECENT });
    const found: Kept[] = [];
    for (const run of runs) {
      const kept = found.length < limit ? await keptOf(run, store) : undefined;
      if (kept !== undefined) found.push(kept);
    }
    if (json) {
      context.out(JSON.stringify(found.map(toWire), null, 2));
      return 0;
    }
    if (found.length === 0) {
      context.err('no rows in quarantine');
      return 0;
    }
    const [titles = '', ...lines] = tableLines(COLUMNS, found.map(cells), width);
    const places = found.map(({ place }) => paint('dim', `  ${printable(place)}`, color));
    const shown = lines.flatMap((line, index) => [line, places[index] ?? '']);
    context.out([paint('bold', titles, color), ...shown].join('\n'));
    return 0;
  },
});

function cells({ run, rows, rules, at, replay }: Kept): readonly string[] {
  return [
    ...[printable(run.runId), printable(run.job), describeWindow(run.window), count(rows)],
    stateOf(replay),
    Object.entries(rules)
      .map(([rule, broken]) => `${printable(rule)} ${count(broken)}`)
      .join(', '),
    instant(at),
  ];
}

function stateOf(replay: Kept['replay']): string {
  if (replay === undefined) return 'open';
  return replay.left === 0 ? 'replayed' : `replayed, ${count(replay.left)} left`;
}

function toWire({ run, place, rows, rules, at, replay }: Kept) {
  return {
    ...{ run_id: run.runId, job: run.job, window: describeWindow(run.window) },
    ...{ rows, rules, place, kept_at: at },
    replayed_by: replay?.by ?? null,
    left: replay?.left ?? rows,
  };
}

export const quarantineShow = defineCommand({
  usage: 'quarantine show <run_id>',
  summary: 'show the quarantined rows of a run, what they broke and where they are from',
  flags: (yargs) =>
    yargs
      .positional('run_id', { type: 'string', demandOption: true, describe: 'id of the run' })
      .option('rule', { type: 'string', describe: 'only rows that broke this rule' })
      .option('limit', LIMIT)
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  async run({ run_id: runId, rule, limit, json }, command, signal) {
    assertLimit(limit);
    const kept = await keptByRun(runId, command.store);
    const { context } = openInspection('quarantine', command);
    await using session = await context.openEngine('bulk', {}, signal);
    const config = { strategy: 'PARQUET', sourceTable: kept.place } as const;
    const file = await readers.PARQUET.on.bulk?.(session.sql, config, context, signal);
    if (file === undefined) return 1;
    const own = file.columns.map(({ name }) => name).filter((name) => !isAdded(name));
    const query = keptRows(file.relation, rule);
    const rows = await session.sql.rows(
      `select * replace (array_to_string(rules, ', ') as rules) from (${query}) limit ${String(limit)}`,
      signal,
    );
    const [all] = await session.sql.rows(`select count(*) as rows from (${query})`, signal);
    if (json) {
      const texts = rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            name === 'rules' ? String(value).split(', ') : textOf(value),
          ]),
        ),
      );
      command.out(JSON.stringify(texts, null, 2));
      return 0;
    }
    if (rows.length === 0) {
      command.err(
        rule === undefined ? 'the file has no rows' : `no row broke "${printable(rule)}"`,
      );
      return 0;
    }
    const columns: readonly TableColumn[] = [
      { title: 'RULES', shrinkTo: 16 },
      { title: 'FILE', shrinkTo: 12 },
      { title: 'ROW', align: 'right' },
      ...own.map((name) => ({ title: printable(name), shrinkTo: 8, optional: true as const })),
    ];
    const lines = rows.map((row) => [
      printable(textOf(row['rules']) ?? ''),
      printable(nameOf(textOf(row['source_file']) ?? '-')),
      textOf(row['source_row_number']) ?? '-',
      ...own.map((name) => printable(textOf(row[name]) ?? 'null')),
    ]);
    const [titles = '', ...shown] = tableLines(columns, lines, command.width);
    command.out([paint('bold', titles, command.color), ...shown].join('\n'));
    const total = Number(all?.['rows']);
    if (total > rows.length) {
      command.err(`${count(rows.length)} of ${count(total)} rows; --limit shows more`);
    }
    return 0;
  },
});

function isAdded(name: string): boolean {
  return ADDED.some((added) => added === name);
}

function textOf(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Files of one source differ in their last part, and paths are long. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
