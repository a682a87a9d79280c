import type { Clock } from './clock.ts';
import { JobError, messageOf } from './errors.ts';
import { fullJitterMs } from './retry.ts';
import { describeWindow, sameWindow, type Window, windowsOverlap } from './window.ts';

/** How often a holder renews its claim. */
export const RENEW_EVERY_MS = 5_000;
/** After this long without a renewal a claim may be taken over: three missed renewals. */
export const SILENCE_MS = 15_000;
const LOOK_EVERY_MS = 500;
/** Before looking again, after another run has taken the number. */
const LOST_RACE = { firstMs: 20, maxMs: 1_000 };

/** One attempt's claim to (target, window), as a sink's ledger keeps it. */
export interface ClaimRecord {
  /** Above all earlier claims of the target; the fencing token. */
  readonly number: number;
  readonly runId: string;
  readonly attempt: number;
  readonly window?: Window;
  /** Start of the run, from its first claim in any sink; becomes `loaded_at`. ISO 8601. */
  readonly startedAt: string;
  readonly released: boolean;
  readonly renewedAt: Date;
}

/** What never changes of a claim. */
export type Claimant = Omit<ClaimRecord, 'released' | 'renewedAt'>;

/** The few operations a sink has to offer; the policy below is the same for all sinks. */
export interface ClaimStore {
  /** Time by the clock that stamps `renewedAt`. */
  now(signal: AbortSignal): Promise<Date>;
  list(signal: AbortSignal): Promise<readonly ClaimRecord[]>;
  /** The claim `number`, if it is there, and all above it; absent where `list` costs no more. */
  from?(number: number, signal: AbortSignal): Promise<readonly Claimant[]>;
  /** Adds the claim unless its number is taken; exactly one of several racers gets `true`. */
  create(record: Omit<ClaimRecord, 'renewedAt'>, signal: AbortSignal): Promise<boolean>;
  renew(number: number, signal: AbortSignal): Promise<void>;
  release(number: number, signal: AbortSignal): Promise<void>;
  /** Makes whatever the superseded claim has staged impossible to commit. */
  revoke(number: number, signal: AbortSignal): Promise<void>;
}

export interface ClaimRequest {
  readonly target: string;
  readonly runId: string;
  readonly attempt: number;
  readonly window?: Window;
  readonly startedAt: string;
  readonly lockTimeoutMs: number;
  /** A number in [0, 1), so that racers spread out. */
  random(): number;
  /** Called once, when another run holds the target and this one starts to wait. */
  onWait(holder: ClaimRecord): void;
}

/** A held claim. Disposing releases it. */
export interface Claim extends AsyncDisposable {
  readonly number: number;
  /** Aborts with `LEASE_LOST` when a renewal finds a higher overlapping claim. */
  readonly lost: AbortSignal;
  /** @throws JobError `LEASE_LOST` when a higher overlapping claim exists, or this one is gone. */
  assertHeld(signal: AbortSignal): Promise<void>;
}

/** The start that an earlier attempt of the same (run, window) stored, if there was one. */
export function startOfRun(
  records: readonly ClaimRecord[],
  runId: string,
  window: Window | undefined,
): string | undefined {
  return records
    .filter((record) => record.runId === runId && sameWindow(record.window, window))
    .map((record) => record.startedAt)
    .sort()[0];
}

/**
 * Claims (target, window): waits while an overlapping claim is renewed, supersedes a silent one, and
 * supersedes a lower attempt of the same run at once.
 *
 * @throws JobError `LOCK_TIMEOUT` when another run still holds it after `lockTimeoutMs`;
 *   `LEASE_LOST` when a higher attempt of the same run has claimed already.
 */
export async function acquireClaim(
  store: ClaimStore,
  request: ClaimRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<Claim> {
  const deadline = clock.monotonicMs() + request.lockTimeoutMs;
  let waiting = false;
  let lost = 0;
  for (;;) {
    const records = await store.list(signal);
    refuseOlderAttempt(records, request);
    const open = records.filter(
      (record) => !record.released && windowsOverlap(record.window, request.window),
    );
    const candidates = open.filter((record) => !isDead(record, records));
    const now = candidates.length === 0 ? undefined : await store.now(signal);
    const holder = candidates.find((record) => now && isLive(record, request, now));
    if (holder === undefined) {
      const number = Math.max(0, ...records.map((record) => record.number)) + 1;
      const { runId, attempt, window, startedAt } = request;
      const record = { number, runId, attempt, startedAt, released: false };
      if (!(await store.create(window === undefined ? record : { ...record, window }, signal))) {
        await clock.sleep(fullJitterMs(LOST_RACE, ++lost, request.random()), signal);
        continue;
      }
      for (const superseded of open) await store.revoke(superseded.number, signal);
      return hold(store, request, number, clock);
    }
    if (clock.monotonicMs() >= deadline) throw lockTimeout(request, holder);
    if (!waiting) request.onWait(holder);
    waiting = true;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

function refuseOlderAttempt(records: readonly ClaimRecord[], request: ClaimRequest): void {
  const newer = records.find(
    (record) =>
      record.runId === request.runId &&
      record.attempt > request.attempt &&
      windowsOverlap(record.window, request.window),
  );
  if (newer !== undefined) throw leaseLost(request, newer);
}

/** True when the claim can never commit any more: its holder let go, or a higher one replaced it. */
export function isDead(record: ClaimRecord, records: readonly ClaimRecord[]): boolean {
  return (
    record.released ||
    records.some(
      (other) => other.number > record.number && windowsOverlap(other.window, record.window),
    )
  );
}

/**
 * The error to tell when something failed under a claim: that of a superseded attempt is only a
 * consequence, since whoever took over removes what it had staged.
 */
export async function leaseLostOr(
  error: unknown,
  claim: Claim,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    await claim.assertHeld(signal);
  } catch (lost) {
    if (lost instanceof JobError && lost.code === 'LEASE_LOST') return lost;
  }
  return error;
}

function isLive(record: ClaimRecord, request: ClaimRequest, now: Date): boolean {
  if (record.runId === request.runId && record.attempt < request.attempt) return false;
  return now.getTime() - record.renewedAt.getTime() < SILENCE_MS;
}

function hold(store: ClaimStore, request: ClaimRequest, number: number, clock: Clock): Claim {
  const lost = new AbortController();
  const stop = new AbortController();

  async function assertHeld(signal: AbortSignal): Promise<void> {
    const records = await (store.from?.(number, signal) ?? store.list(signal));
    const own = records.find((record) => record.number === number);
    const higher = records.find(
      (record) => record.number > number && windowsOverlap(record.window, request.window),
    );
    if (own === undefined || higher !== undefined) throw leaseLost(request, higher);
  }

  /** A failed renewal (a network hiccup) is not a lost claim: the next one, or the commit, decides. */
  async function keepRenewing(): Promise<void> {
    for (;;) {
      await clock.sleep(RENEW_EVERY_MS, stop.signal);
      try {
        await assertHeld(stop.signal);
        await store.renew(number, stop.signal);
      } catch (error) {
        if (error instanceof JobError && error.code === 'LEASE_LOST') {
          lost.abort(error);
          return;
        }
      }
    }
  }
  const renewing = keepRenewing().catch((error: unknown) => {
    if (!stop.signal.aborted) lost.abort(error);
  });

  return {
    number,
    lost: lost.signal,
    assertHeld,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await renewing;
      try {
        await store.release(number, AbortSignal.timeout(RENEW_EVERY_MS));
      } catch (error) {
        // The claim then ends by silence; the run's own outcome must not change because of it.
        lost.abort(new JobError('TARGET_UNAVAILABLE', messageOf(error), { cause: error }));
      }
    },
  };
}

function leaseLost(request: ClaimRequest, by: Claimant | undefined): JobError {
  const taker =
    by === undefined ? 'a newer claim' : `run "${by.runId}" attempt ${String(by.attempt)}`;
  return new JobError(
    'LEASE_LOST',
    `run "${request.runId}" attempt ${String(request.attempt)} lost ${request.target} (${describeWindow(request.window)}) to ${taker}`,
    { hint: 'nothing of this attempt was committed there; follow the newer attempt instead' },
  );
}

function lockTimeout(request: ClaimRequest, holder: ClaimRecord): JobError {
  return new JobError(
    'LOCK_TIMEOUT',
    `${request.target} is still held by run "${holder.runId}" attempt ${String(holder.attempt)} (${describeWindow(holder.window)}) after ${String(request.lockTimeoutMs / 1000)} s`,
    { hint: 'retry later, or raise "lock_timeout_s"' },
  );
}
