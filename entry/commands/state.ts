import { printable } from '../../core/printable.ts';
import { type SinkState, stateOf } from '../../jobs/state.ts';
import { defineCommand } from '../command.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count, instant } from '../wording.ts';
import { findTargets, targetFlags, targetLine } from './targets.ts';

const COLUMNS: readonly TableColumn[] = [
  { title: 'SOURCE', shrinkTo: 20 },
  { title: 'STATE' },
  { title: 'LOADS', align: 'right', optional: true },
  { title: 'LAST RUN', shrinkTo: 12 },
  { title: 'LOADED (UTC)' },
];
const NEXT: TableColumn = { title: 'NOT READ YET' };

/** `dray state show RUN|TARGET`: how far each target has read its source. */
export const stateShow = defineCommand({
  usage: 'state show [target]',
  summary: 'show how far each target has read its source incrementally',
  flags: (yargs) =>
    targetFlags(yargs).option('check-source', {
      type: 'boolean',
      default: false,
      describe: 'ask the source what has come since',
    }),
  async run(args, context, signal) {
    const ask = args['check-source'];
    const {
      sinks,
      computation,
      job,
      context: inspected,
      redactor,
    } = await findTargets(args, context);
    const found: SinkState[] = [];
    for (const sink of sinks) {
      found.push(await stateOf(sink, computation, job, ask, inspected, signal));
    }
    if (args.json) {
      context.out(redactor.redact(JSON.stringify(found.map(wireOf), null, 2)));
      return 0;
    }
    for (const each of found) {
      context.out(redactor.redact(targetLine(each, context.color)));
      const columns = ask ? [...COLUMNS, NEXT] : COLUMNS;
      const rows = each.sources.map(({ source, state, loads, runId, loadedAt, behind }) => [
        ...[printable(source), printable(state), count(loads), printable(runId), instant(loadedAt)],
        ...(ask
          ? [behind === undefined ? 'not of this config' : printable(behind ?? 'nothing')]
          : []),
      ]);
      const lines =
        rows.length === 0
          ? ['no state: nothing was read incrementally']
          : tableLines(columns, rows, context.width - 2);
      for (const line of lines) context.out(redactor.redact(`  ${line}`));
    }
    return 0;
  },
});

function wireOf({ sink, kind, target, sources }: SinkState) {
  return {
    ...{ sink, kind, target },
    sources: sources.map(({ source, state, last, runId, loadedAt, loads, behind }) => ({
      ...{ source, state, last, run_id: runId, loaded_at: loadedAt, loads },
      ...(behind === undefined ? {} : { not_read_yet: behind }),
    })),
  };
}
