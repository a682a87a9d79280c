import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { JobError } from '../../core/errors.ts';

/** A file of an archive. */
export interface ArchiveEntry {
  /** `/` between parts, relative. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable?: boolean;
}

/*
 * Archives whose bytes follow from their entries alone: order by path, one time for all, modes that
 * do not depend on the machine. Formats: APPNOTE.TXT 6.3.10 of PKWARE, and ustar of POSIX.1-1988.
 */

/** The oldest time that a zip can say, 1980-01-01T00:00:00, as its two words for date and time. */
const DOS_DATE = 0x21;
const DOS_TIME = 0;
/** The same moment in seconds, for tar. */
const EPOCH_1980 = 315_532_800;
const REGULAR_FILE = 0o100000;
const UTF8_NAMES = 0x0800;
const DEFLATE = 8;
/** "Made by Unix": readers then look at the mode. */
const MADE_BY = (3 << 8) | 20;
const NEEDED = 20;
const BLOCK = 512;

/** @returns a zip with deflated entries; at most 65,535 of them and 4 GB in all. */
export function zipOf(entries: readonly ArchiveEntry[]): Uint8Array {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of sorted(entries)) {
    const name = Buffer.from(entry.path);
    const packed = deflateRawSync(entry.content, { level: constants.Z_DEFAULT_COMPRESSION });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(NEEDED, 0);
    common.writeUInt16LE(UTF8_NAMES, 2);
    common.writeUInt16LE(DEFLATE, 4);
    common.writeUInt16LE(DOS_TIME, 6);
    common.writeUInt16LE(DOS_DATE, 8);
    common.writeUInt32LE(crc32(entry.content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const header = Buffer.concat([signature(0x04034b50), common, name]);
    const start = Buffer.alloc(6);
    start.writeUInt16LE(MADE_BY, 4);
    start.writeUInt32LE(0x02014b50, 0);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(((REGULAR_FILE | modeOf(entry)) << 16) >>> 0, 6);
    end.writeUInt32LE(offset, 10);
    local.push(header, packed);
    central.push(start, common, end, name);
    offset += header.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const trailer = Buffer.alloc(22);
  trailer.writeUInt32LE(0x06054b50, 0);
  trailer.writeUInt16LE(entries.length, 8);
  trailer.writeUInt16LE(entries.length, 10);
  trailer.writeUInt32LE(directory.length, 12);
  trailer.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, trailer]);
}

/** @returns a gzipped tar: unlike some readers of zips, those of tar keep what is executable so. */
export function tarGzOf(entries: readonly ArchiveEntry[]): Uint8Array {
  const blocks = sorted(entries).flatMap((entry) => {
    const padding = (BLOCK - (entry.content.length % BLOCK)) % BLOCK;
    return [tarHeader(entry), entry.content, Buffer.alloc(padding)];
  });
  const packed = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
  // The system that packed it, which nobody reads, would differ between systems.
  packed[9] = 255;
  return packed;
}

function tarHeader(entry: ArchiveEntry): Buffer {
  const header = Buffer.alloc(BLOCK);
  const name = Buffer.from(entry.path);
  if (name.length > 100) {
    throw new JobError('INTERNAL', `a path is too long for an archive: "${entry.path}"`);
  }
  name.copy(header, 0);
  const octal = (value: number, at: number, width: number): void => {
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  };
  octal(modeOf(entry), 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.content.length, 124, 12);
  octal(EPOCH_1980, 136, 12);
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  // The checksum counts its own field as spaces.
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function sorted(entries: readonly ArchiveEntry[]): readonly ArchiveEntry[] {
  return [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function modeOf({ executable }: ArchiveEntry): number {
  return executable === true ? 0o755 : 0o644;
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
