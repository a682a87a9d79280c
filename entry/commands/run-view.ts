import { z } from 'zod';
import type { RunEvent } from '../../core/events.ts';
import type { RunRecord, StepRecord } from '../../core/run-store.ts';
import type { ProgressRecord } from '../../core/telemetry.ts';
import { toSnakeCase } from '../../core/wire-name.ts';

/**
 * What the printouts take from a stored result line. Lenient: a record of an older or newer version
 * must not keep anybody from reading the rest of it.
 */
const resultView = z.object({
  counts: z
    .object({
      read: z.number(),
      quarantined: z.number(),
      filtered: z.number(),
      dropped: z.number().default(0),
      deduplicated: z.number(),
    })
    .nullish()
    .catch(undefined),
  sinks: z
    .array(
      z.object({
        sink: z.string(),
        kind: z.string().default(''),
        target: z.string().default(''),
        mode: z.string().default(''),
        status: z.string().default(''),
        load_id: z.string().default(''),
        loaded: z.number().default(0),
        seconds: z.number().default(0),
      }),
    )
    .catch([])
    .default([]),
  rules: z
    .array(
      z.object({
        rule: z.string(),
        action: z.string().default(''),
        checked: z.number().nullish(),
        rows: z.number().default(0),
        verdict: z.string().default(''),
      }),
    )
    .catch([])
    .default([]),
  warnings: z.array(z.string()).catch([]).default([]),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().nullish() })
    .nullish()
    .catch(undefined),
  report: z.string().nullish().catch(undefined),
});
export type ResultView = z.output<typeof resultView>;

export function viewResult(run: RunRecord): ResultView {
  return resultView.parse(run.result ?? {});
}

/** Rows loaded, summed over the sinks; undefined while there is no result. */
export function loadedRows(run: RunRecord): number | undefined {
  const { sinks } = viewResult(run);
  if (run.result === undefined || sinks.length === 0) return undefined;
  return sinks.reduce((sum, sink) => sum + sink.loaded, 0);
}

/** Records as the wire has them: keys in snake_case; the result line and events' data stay. */
export function toWire(
  record: RunRecord | StepRecord | ProgressRecord | RunEvent,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]: [string, unknown]) => [
      key === 'servicePlatform' ? 'service_provider' : toSnakeCase(key),
      key === 'window' ? toWire(value as RunRecord) : value,
    ]),
  );
}
