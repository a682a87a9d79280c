import { base64, hash60, hex, md5, sha256 } from '../../../../plan/expressions/hash.ts';
import { binary, string } from '../../../../plan/types.ts';
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
