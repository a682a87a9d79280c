import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ArchiveEntry, tarGzOf, zipOf } from '../../../platforms/package/archive.ts';

const ENTRIES: readonly ArchiveEntry[] = [
  { path: 'b/node', content: Buffer.from('#!'), executable: true },
  { path: 'a.txt', content: Buffer.from('äöü\n'.repeat(1000)) },
  { path: 'b/empty', content: Buffer.alloc(0) },
];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-archive-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('an archive', () => {
  it.each([zipOf, tarGzOf])('has the same bytes in whatever order its files come: %p', (pack) => {
    expect(Buffer.compare(pack(ENTRIES), pack([...ENTRIES].reverse()))).toBe(0);
  });

  it('of tar gives back files, what is executable, and no time of ours', () => {
    writeFileSync(join(folder, 'a.tar.gz'), tarGzOf(ENTRIES));
    execFileSync('tar', ['-xzpf', 'a.tar.gz'], { cwd: folder });
    for (const { path, content, executable } of ENTRIES) {
      const found = join(folder, path);
      expect(readFileSync(found)).toEqual(content);
      const { mode, mtime } = statSync(found);
      expect(mode & 0o777).toBe(executable === true ? 0o755 : 0o644);
      expect(mtime.toISOString()).toBe('1980-01-01T00:00:00.000Z');
    }
  });

  it('of tar takes no path that would be cut', () => {
    const path = 'x'.repeat(101);
    expect(() => tarGzOf([{ path, content: Buffer.alloc(0) }])).toThrow('too long');
  });
});
