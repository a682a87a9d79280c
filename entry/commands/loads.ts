import { type LoadEntry, ownersOf, rowsOf } from '../../core/ledger.ts';
import { printable } from '../../core/printable.ts';
import { describeWindow } from '../../core/window.ts';
import { listLoads } from '../../jobs/verify.ts';
import { defineCommand } from '../command.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { count, instant } from '../wording.ts';
import { findTargets, targetFlags, targetLine } from './targets.ts';

const COLUMNS: readonly TableColumn[] = [
  { title: 'LOADED (UTC)' },
  { title: 'RUN', shrinkTo: 12 },
  { title: 'ATTEMPT', align: 'right', optional: true },
  { title: 'MODE' },
  { title: 'WINDOW' },
  { title: 'ROWS', align: 'right' },
  { title: 'DECIDES NOW', align: 'right' },
  { title: 'LOAD ID', shrinkTo: 12, optional: true },
];

/** `dray loads list RUN|TARGET`: the ledgers, newest load first. */
export const loadsList = defineCommand({
  usage: 'loads list [target]',
  summary: 'list the loads in the ledger of each target',
  flags: targetFlags,
  async run(args, context, signal) {
    const targets = await findTargets(args, context);
    const { computation, redactor, runId } = targets;
    const found = [];
    for (const sink of targets.sinks) {
      found.push(await listLoads(sink, computation, targets.job, targets.context, signal));
    }
    const wanted = (entry: LoadEntry) => runId === undefined || entry.runId === runId;
    if (args.json) {
      const wire = found.map(({ sink, kind, target, loads }) => ({
        ...{ sink, kind, target },
        loads: loads.filter(wanted),
      }));
      context.out(redactor.redact(JSON.stringify(wire, null, 2)));
      return 0;
    }
    for (const each of found) {
      const { loads } = each;
      context.out(redactor.redact(targetLine(each, context.color)));
      const rows = loads.filter(wanted).toReversed();
      const lines = tableLines(COLUMNS, rows.map(cellsAmong(loads)), context.width - 2);
      for (const line of lines) context.out(redactor.redact(`  ${line}`));
    }
    return 0;
  },
});

function cellsAmong(loads: readonly LoadEntry[]): (entry: LoadEntry) => readonly string[] {
  const owners = [...ownersOf(loads).values()];
  return (entry) => {
    const decides = owners.filter((each) => each.includes(entry)).length;
    return [
      instant(entry.loadedAt),
      printable(entry.runId),
      String(entry.attempt),
      entry.mode,
      describeWindow(entry.window),
      count(rowsOf(entry)),
      `${count(decides)} of ${count(partitionsOf(entry).size)}`,
      entry.loadId,
    ];
  };
}

/** Partitions that a load was about, with rows or without. */
function partitionsOf(entry: LoadEntry): ReadonlySet<string> {
  const filled = entry.partitions.map(({ value }) => value);
  return new Set(entry.mode === 'merge' ? filled : [...filled, ...(entry.covers ?? [])]);
}
