import type { z } from 'zod';
import { JobError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/events.ts';
import { printable } from '../../core/printable.ts';
import type { RunRecord, RunStore } from '../../core/run-store.ts';
import { keptEventData } from '../../jobs/quarantine.ts';

/** The quarantine of a run, as its record has it. */
export interface Kept extends z.output<typeof keptEventData> {
  readonly run: RunRecord;
  readonly at: string;
  /** The last run that has loaded its rows again. */
  readonly replay?: { readonly by: string; readonly left: number };
}

export const REPLAYED = 'quarantine.replayed';

/** What a run has kept; undefined: nothing, or nothing is left of an earlier attempt's. */
export async function keptOf(run: RunRecord, store: RunStore): Promise<Kept | undefined> {
  const events = await store.listEvents(run.runId);
  const at = events.findLastIndex(({ type }) => type === 'quarantine.kept');
  const found = keptEventData.safeParse(events[at]?.data);
  if (!found.success || found.data.rows === 0) return undefined;
  const replay = events.slice(at).findLast(({ type }) => type === REPLAYED);
  return {
    ...{ ...found.data, run, at: events[at]?.at ?? '' },
    ...(replay === undefined ? {} : { replay: replayOf(replay) }),
  };
}

function replayOf({ data }: RunEvent): { readonly by: string; readonly left: number } {
  const { by, left } = data;
  return { by: typeof by === 'string' ? by : '', left: typeof left === 'number' ? left : 0 };
}

/** @throws JobError `RUN_UNKNOWN`; `ARGUMENTS_INVALID` for a run that has nothing in quarantine. */
export async function keptByRun(runId: string, store: RunStore): Promise<Kept> {
  const run = await store.getRun(runId);
  if (run === undefined) {
    throw new JobError('RUN_UNKNOWN', `the run store knows no run "${printable(runId)}"`, {
      hint: 'dray quarantine list shows the runs that have quarantined rows',
    });
  }
  const kept = await keptOf(run, store);
  if (kept !== undefined) return kept;
  throw new JobError('ARGUMENTS_INVALID', `run "${printable(runId)}" has no quarantined rows`, {
    hint: 'dray quarantine list shows the runs that have some',
  });
}
