import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from '../core/engine.ts';
import { JobError } from '../core/errors.ts';
import type { Storage } from '../core/storage.ts';
import { cellText } from '../plan/parity/cells.ts';
import type { PlanSession, RowError } from '../plan/session.ts';
import type { RunInfo } from './job.ts';
import { type Quarantined, quarantineKey } from './quarantine.ts';
import type { LoadPlan } from './template.ts';

/** Lines that are held before they go to disk. */
const HELD = 500;

/** Rows that steps failed for, on the local disk while the plan runs. */
export interface RowErrors extends Disposable {
  add(error: RowError): void;
  /** Whether a row failed. */
  readonly any: boolean;
  /** Moves them into the quarantine, in place of an earlier attempt's. The count is the file's. */
  keep(storage: Storage, run: RunInfo, signal: AbortSignal): Promise<Quarantined>;
}

/** @throws JobError `ENGINE_UNSUPPORTED` where rows are not looked at one by one. */
export function assertTellsRowErrors({ engine, onRowError }: LoadPlan): void {
  if (onRowError === 'fail' || engine.engine === 'row') return;
  throw new JobError(
    'ENGINE_UNSUPPORTED',
    `"${engine.engine}" cannot quarantine the rows that a step fails for: one such row ends its run`,
    { hint: 'set "strategy_type" to "row", which looks at rows one by one' },
  );
}

/**
 * Collects failed rows as lines of JSON: step, message, and the row as it came into the step, its
 * values as text. Written synchronously, since a step tells of its rows while it computes.
 */
export function collectRowErrors(session: PlanSession): RowErrors {
  const local = join(session.sql.scratchDir, 'row-errors.jsonl');
  let file: number | undefined;
  let held: string[] = [];
  const flush = (): void => {
    file ??= openSync(local, 'wx');
    writeSync(file, held.join(''));
    held = [];
  };
  return {
    get any() {
      return file !== undefined || held.length > 0;
    },
    add(error) {
      held.push(`${JSON.stringify(lineOf(error))}\n`);
      if (held.length >= HELD) flush();
    },
    async keep(storage, run, signal) {
      const key = quarantineKey(run, 'row-errors.parquet');
      const place = `${storage.root}/${key}`;
      if (!this.any) {
        await storage.remove(key, signal);
        return { rows: 0, place };
      }
      flush();
      const rows = await write(session, local, storage, key, run, signal);
      return { rows, place };
    },
    [Symbol.dispose]() {
      if (file !== undefined) closeSync(file);
    },
  };
}

function lineOf({ step, message, row, fields }: RowError) {
  const cells = fields.map(({ name, type }) => {
    const value = row[name] ?? null;
    const text = typeof value === 'string' || value === null ? value : cellText(value, type);
    return [name, text] as const;
  });
  return { step, message, row: JSON.stringify(Object.fromEntries(cells)) };
}

async function write(
  session: PlanSession,
  lines: string,
  storage: Storage,
  key: string,
  run: RunInfo,
  signal: AbortSignal,
): Promise<number> {
  const { sql } = session;
  const local = join(sql.scratchDir, 'row-errors.parquet');
  await sql.run(
    `copy (
       select *, ${quote(run.runId)} as run_id, ${String(run.attempt)} as attempt
       from read_json(${quote(lines)}, format = 'newline_delimited',
         columns = {step: 'varchar', message: 'varchar', row: 'varchar'})
     ) to ${quote(local)} (format parquet, compression zstd)`,
    signal,
  );
  await storage.upload(local, key, signal);
  return (await sql.parquet.rows([local], signal)).get(local) ?? 0;
}
