import { base64, floatBits, hash60, hex, md5, sha256 } from '../../../../plan/expressions/hash.ts';
import { binary, float64, string } from '../../../../plan/types.ts';
import { bytes, on } from '../case.ts';

export const hash = {
  md5: [
    on([string], (a) => md5(a), [
      ['', 'd41d8cd98f00b204e9800998ecf8427e'],
      ['abc', '900150983cd24fb0d6963f7d28e17f72'],
      ['😀', '2a02eac39d716a70ecf37579185927b6'],
      ['x'.repeat(300), '8a4876ea55d998a5d91ed59db796af28'],
      [null, null],
    ]),
  ],
  sha256: [
    on([string], (a) => sha256(a), [
      ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ]),
  ],
  hash60: [
    on([string], (a) => hash60(a), [
      ['', 0xd41d8cd98f00b20n],
      ['abc', 0x900150983cd24fbn],
      [null, null],
    ]),
  ],
  hex: [
    on([string], (a) => hex(a), [
      ['', ''],
      ['aé', '61C3A9'],
      ['😀', 'F09F9880'],
    ]),
    on([binary], (a) => hex(a), [
      [bytes('00ff10'), '00FF10'],
      [bytes(''), ''],
      [null, null],
    ]),
  ],
  floatBits: [
    on([float64], (a) => floatBits(a), [
      [1, 0x3ff0000000000000n],
      [-2.5, -0x3ffc000000000000n],
      [0.1, 0x3fb999999999999an],
      [0, 0n],
      [-0, 0n],
      [Number.MAX_VALUE, 0x7fefffffffffffffn],
      [-Number.MAX_VALUE, -0x0010000000000001n],
      [Number.MIN_VALUE, 1n],
      [-Number.MIN_VALUE, -0x7fffffffffffffffn],
      // The least that is not subnormal, and the highest that is.
      [2.2250738585072014e-308, 0x0010000000000000n],
      [2.225073858507201e-308, 0x000fffffffffffffn],
      // On both sides of powers of two, where logarithms are rounded.
      [9007199254740991, 0x433fffffffffffffn],
      [9007199254740992, 0x4340000000000000n],
      [0.49999999999999994, 0x3fdfffffffffffffn],
      [Infinity, 0x7ff0000000000000n],
      [-Infinity, -0x0010000000000000n],
      [NaN, 0x7ff8000000000000n],
      [null, null],
    ]),
  ],
  base64: [
    on([string], (a) => base64(a), [
      ['', ''],
      ['a', 'YQ=='],
      ['😀', '8J+YgA=='],
      ['x'.repeat(60), 'eHh4'.repeat(20)],
    ]),
    on([binary], (a) => base64(a), [[bytes('00ff10'), 'AP8Q']]),
  ],
};
