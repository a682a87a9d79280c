import type { ClaimRecord, ClaimStore } from '../../../core/claims.ts';
import type { ClaimHarness } from './suite.ts';

/** The contract in its simplest form; its clock moves only by `advance`. */
export function memoryClaims(): ClaimHarness {
  let nowMs = Date.UTC(2017, 0, 2);
  const records = new Map<number, ClaimRecord>();
  const change = (number: number, changes: Partial<ClaimRecord>): void => {
    const record = records.get(number);
    if (record !== undefined && !record.released) records.set(number, { ...record, ...changes });
  };
  const store: ClaimStore = {
    now: () => Promise.resolve(new Date(nowMs)),
    list: () => Promise.resolve([...records.values()]),
    create(record) {
      if (records.has(record.number)) return Promise.resolve(false);
      records.set(record.number, { ...record, renewedAt: new Date(nowMs) });
      return Promise.resolve(true);
    },
    renew(number) {
      change(number, { renewedAt: new Date(nowMs) });
      return Promise.resolve();
    },
    release(number) {
      change(number, { released: true });
      return Promise.resolve();
    },
    revoke: () => Promise.resolve(),
  };
  return {
    store,
    advance(ms) {
      nowMs += ms;
    },
    forget(number) {
      records.delete(number);
    },
    close: () => undefined,
  };
}
