import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findJsonFault } from '../../entry/json-position.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it('finds no fault in JSON', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 2, '\t'), (text, space) => {
      const spaced = JSON.stringify(JSON.parse(text), null, space);
      expect([findJsonFault(text), findJsonFault(spaced)]).toEqual([undefined, undefined]);
    }),
  );
});

it('finds a fault exactly when JSON.parse does', () => {
  const piece = fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '1', '-', '.5', 'e9', '01', 'true', 'nul'],
    ...[' ', '\n', "'", '"\\u00e9"', '"\u0001"', 'x'],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      expect(findJsonFault(text) === undefined).toBe(isJson(text));
    }),
    { numRuns: 2_000 },
  );
});

it('finds the place where one character was taken out or changed', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', '#'), (text, seed, put) => {
      const at = seed % text.length;
      const broken = text.slice(0, at) + put + text.slice(at + 1);
      const fault = findJsonFault(broken);
      expect(fault === undefined).toBe(isJson(broken));
      // Nothing before the change can be at fault.
      if (fault !== undefined) expect(fault.column).toBeGreaterThan(0);
    }),
  );
});
