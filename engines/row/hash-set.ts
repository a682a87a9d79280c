const FIRST_BITS = 16;
/** Share of the slots that may be taken before the table grows. */
const MAX_LOAD = 0.75;

/** Hashes of 32 bits, about 5 to 11 bytes each: open addressing in one typed array. */
export interface HashSet {
  readonly size: number;
  has(hash: number): boolean;
  /** @returns whether it was not there yet. */
  add(hash: number): boolean;
  /** Gives the memory back at once, which the collector would take for later. It is empty then. */
  clear(): void;
}

/** @param onGrow - gets the bytes of the next, larger table before it is made. */
export function hashSet(onGrow: (bytes: number) => void): HashSet {
  let bits = FIRST_BITS;
  let slots = new Uint32Array(2 ** bits);
  let size = 0;

  /** Where the hash is, or the free slot where it belongs. */
  const find = (hash: number): number => {
    const mask = slots.length - 1;
    let at = hash >>> (32 - bits);
    for (let found = slots[at]; found !== 0 && found !== hash; found = slots[at]) {
      at = (at + 1) & mask;
    }
    return at;
  };

  const grow = () => {
    onGrow(slots.byteLength * 2);
    const old = slots;
    bits += 1;
    slots = new Uint32Array(2 ** bits);
    for (const hash of old) if (hash !== 0) slots[find(hash)] = hash;
    release(old);
  };

  return {
    get size() {
      return size;
    },
    clear() {
      release(slots);
      bits = FIRST_BITS;
      slots = new Uint32Array(2 ** bits);
      size = 0;
    },
    has: (hash) => size > 0 && slots[find(hash === 0 ? 1 : hash)] !== 0,
    add(hash) {
      // 0 marks a free slot; sharing 1 with another hash costs nothing but a second look.
      const stored = hash === 0 ? 1 : hash;
      const at = find(stored);
      if (slots[at] !== 0) return false;
      slots[at] = stored;
      size += 1;
      if (size > slots.length * MAX_LOAD) grow();
      return true;
    },
  };
}

/** A transferred buffer's memory does not wait for a collection. */
function release({ buffer }: Uint32Array<ArrayBuffer>): void {
  buffer.transfer(0);
}
