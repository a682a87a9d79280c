import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';

/** Between two deliveries of what can wait, such as progress. */
const EVERY_MS = 5_000;
/** After a message that should not wait, for others that come with it. */
const SOON_MS = 500;
/** A delivery that takes longer is given up, and tried again. */
const DELIVERY_MS = 10_000;
/** For all deliveries after the end of the run. */
const LAST_MS = 15_000;
const MOST_WAITING = 5_000;
const MOST_AT_ONCE = 1_000;
/** After so many failures in a row the waits grow no more: 5 s to 80 s. */
const MOST_DOUBLED = 4;

export interface OutboxOptions<Item> {
  readonly clock: Clock;
  /** The text of some items; called once for each, in the order in which they are delivered. */
  render(items: readonly Item[]): string;
  /** In place of items that there was no room for. */
  dropped(count: number): Item;
  /**
   * Brings a text away. After a failure the same text comes again with the same number, so that a
   * delivery which nobody has confirmed does no harm.
   *
   * @param number - from 1.
   */
  deliver(text: string, number: number, signal: AbortSignal): Promise<void>;
  /** Items were lost for good: how many, and why. Called once, at the end. */
  onLost(count: number, why: string): void;
}

/** Brings items away from the side: whoever puts one in neither waits nor fails. */
export interface Outbox<Item> extends AsyncDisposable {
  /** @param key - of what only the newest counts: takes the place of one that still waits. */
  put(item: Item, key?: string): void;
  /** Delivers what waits now. */
  hurry(): void;
}

/** Disposing it delivers the rest, for at most fifteen seconds. */
export function openOutbox<Item>(options: OutboxOptions<Item>): Outbox<Item> {
  const { clock } = options;
  let waiting: { item: Item; readonly key?: string }[] = [];
  let tooMany = 0;
  /** Rendered, and not known to have arrived. */
  let parcel:
    { readonly text: string; readonly number: number; readonly items: number } | undefined;
  let number = 0;
  let failures = 0;
  let why = '';
  let notBeforeMs = 0;
  let nudge = new AbortController();
  const closing = new AbortController();

  function pack(): typeof parcel {
    if (tooMany > 0) {
      waiting.push({ item: options.dropped(tooMany) });
      tooMany = 0;
    }
    const items = waiting.slice(0, MOST_AT_ONCE).map(({ item }) => item);
    waiting = waiting.slice(items.length);
    if (items.length === 0) return undefined;
    number++;
    return { text: options.render(items), number, items: items.length };
  }

  /** @returns false: it could not be brought away. */
  async function deliver(): Promise<boolean> {
    for (;;) {
      parcel ??= pack();
      if (parcel === undefined) return true;
      try {
        await options.deliver(parcel.text, parcel.number, AbortSignal.timeout(DELIVERY_MS));
      } catch (error) {
        failures++;
        why = messageOf(error);
        notBeforeMs = clock.monotonicMs() + EVERY_MS * 2 ** Math.min(failures, MOST_DOUBLED);
        return false;
      }
      parcel = undefined;
      failures = 0;
    }
  }

  const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
    // Woken before the time is over.
    await clock.sleep(ms, signal).catch(() => undefined);
  };

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await pause(EVERY_MS, AbortSignal.any([nudge.signal, closing.signal]));
      nudge = new AbortController();
      await pause(SOON_MS, closing.signal);
      if (clock.monotonicMs() >= notBeforeMs) await deliver();
    }
    const untilMs = clock.monotonicMs() + LAST_MS;
    while (!(await deliver()) && clock.monotonicMs() < untilMs) {
      await pause(SOON_MS, new AbortController().signal);
    }
    const lost = waiting.length + (parcel?.items ?? 0) + tooMany;
    if (lost > 0) options.onLost(lost, why);
  }

  const running = run();
  return {
    put(item, key) {
      const same = key === undefined ? undefined : waiting.findLast((one) => one.key === key);
      if (same !== undefined) {
        same.item = item;
        return;
      }
      if (waiting.length >= MOST_WAITING) {
        tooMany++;
        return;
      }
      waiting.push(key === undefined ? { item } : { item, key });
      if (key === undefined) nudge.abort();
    },
    hurry() {
      nudge.abort();
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await running;
    },
  };
}
