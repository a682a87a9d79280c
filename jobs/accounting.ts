import { JobError } from '../core/errors.ts';
import type { RowCounts } from '../core/ledger.ts';

/**
 * The law every load obeys: `read = loaded + quarantined + filtered + dropped + deduplicated`. Each
 * figure was measured on its own, so a lost or doubled row cannot hide.
 *
 * @throws JobError `ACCOUNTING_BROKEN` naming the sink, the figures and the difference.
 */
export function assertAccounted(
  sink: string,
  counts: RowCounts,
  loaded: number,
  when: string,
): void {
  const { read, quarantined, filtered, dropped, deduplicated } = counts;
  const explained = loaded + quarantined + filtered + dropped + deduplicated;
  if (explained === read) return;
  const difference = read - explained;
  const what =
    difference > 0
      ? `${String(difference)} ${difference === 1 ? 'row is' : 'rows are'} lost`
      : `${String(-difference)} ${difference === -1 ? 'row' : 'rows'} too many`;
  throw new JobError(
    'ACCOUNTING_BROKEN',
    `${sink}, ${when}: ${what}: read ${String(read)} but loaded ${String(loaded)} + quarantined ` +
      `${String(quarantined)} + filtered ${String(filtered)} + dropped ${String(dropped)} + deduplicated ${String(deduplicated)}`,
    { hint: 'do not use this load; look for other writers, triggers or rules on the target' },
  );
}

/** @throws JobError `QUARANTINE_LIMIT` when too large a share of the window's rows broke a rule. */
export function assertQuarantineShare(
  counts: Omit<RowCounts, 'deduplicated' | 'dropped'>,
  limit: number,
  place: string,
): void {
  const candidates = counts.read - counts.filtered;
  const share = candidates === 0 ? 0 : counts.quarantined / candidates;
  if (share <= limit) return;
  throw new JobError(
    'QUARANTINE_LIMIT',
    `${String(counts.quarantined)} of ${String(candidates)} rows broke a rule: ` +
      `a share of ${share.toFixed(4)}, at most ${String(limit)} is allowed`,
    {
      hint: `nothing was loaded; the rows are in ${place}: repair the source, or raise "quality": {"max_quarantined_ratio": ...}`,
    },
  );
}
