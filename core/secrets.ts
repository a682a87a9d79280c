import { MASK } from './redact.ts';

/** A value that must not be seen: a reference to resolve at the last moment, or a literal. */
export type Secret =
  | { readonly kind: 'reference'; readonly uri: string }
  | { readonly kind: 'literal'; readonly value: string };

/** Reads the text a config holds: `secret://...` is a reference, anything else a literal. */
export function parseSecret(text: string): Secret {
  return text.startsWith('secret://')
    ? { kind: 'reference', uri: text }
    : { kind: 'literal', value: text };
}

/** Replaces known secret values in whatever leaves the process. */
export interface Redactor {
  /** Adds a value; shorter than 4 characters it would mask ordinary text and is ignored. */
  add(value: string): void;
  redact(text: string): string;
}

export function createRedactor(): Redactor {
  const values = new Set<string>();
  return {
    add(value) {
      if (value.length < 4) return;
      // A secret also shows up as part of a URL or of a JSON text.
      for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]) {
        values.add(form);
      }
    },
    redact(text) {
      let clean = text;
      for (const value of [...values].sort((a, b) => b.length - a.length)) {
        clean = clean.replaceAll(value, MASK);
      }
      return clean;
    },
  };
}
