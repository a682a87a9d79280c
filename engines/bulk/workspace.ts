/**
 * Memory that vectors are put together in before DuckDB copies them. It is used over and over: fresh
 * buffers for each of them would be garbage that the collector sees too late, since it lies outside
 * of its heap.
 */
export interface Workspace {
  /** So many zero bytes, valid until the next call. */
  zeros(bytes: number): Uint8Array<ArrayBuffer>;
  /** Room for so many bytes of texts, valid until the next call. */
  content(bytes: number): Buffer;
}

export function newWorkspace(): Workspace {
  let fixed = new Uint8Array(2 ** 15);
  let texts = Buffer.alloc(2 ** 17);
  return {
    zeros(bytes) {
      if (bytes > fixed.length) fixed = new Uint8Array(2 * bytes);
      return fixed.subarray(0, bytes).fill(0);
    },
    content(bytes) {
      if (bytes > texts.length) texts = Buffer.alloc(2 * bytes);
      return texts;
    },
  };
}
