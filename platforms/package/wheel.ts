import { createHash } from 'node:crypto';
import { type ArchiveEntry, zipOf } from './archive.ts';

export interface Wheel {
  /** The distribution's name with `_`. */
  readonly name: string;
  /** PEP 440. */
  readonly version: string;
  readonly summary: string;
  /** `py3-none-any`, `py3-none-manylinux_2_28_x86_64`. */
  readonly tag: string;
  readonly requires: readonly string[];
  readonly extras: Readonly<Record<string, readonly string[]>>;
  /** Name to `module:function`. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly files: readonly ArchiveEntry[];
}

/**
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/
 * @see https://packaging.python.org/en/latest/specifications/core-metadata/
 */
export function wheelOf(wheel: Wheel): { readonly file: string; readonly content: Uint8Array } {
  const stem = `${wheel.name}-${wheel.version}`;
  const info = `${stem}.dist-info`;
  const scripts = Object.entries(wheel.scripts).map(([name, target]) => `${name} = ${target}`);
  const files = [
    ...wheel.files,
    text(`${info}/METADATA`, metadataOf(wheel)),
    text(`${info}/WHEEL`, [
      'Wheel-Version: 1.0',
      'Generator: dray',
      // Where it has native files, they belong to the platform's folder.
      `Root-Is-Purelib: ${String(wheel.tag.endsWith('-any'))}`,
      `Tag: ${wheel.tag}`,
    ]),
    ...(scripts.length === 0
      ? []
      : [text(`${info}/entry_points.txt`, ['[console_scripts]', ...scripts])]),
  ];
  const record = text(`${info}/RECORD`, [...files.map(recordOf), `${info}/RECORD,,`].sort());
  return { file: `${stem}-${wheel.tag}.whl`, content: zipOf([...files, record]) };
}

function metadataOf({ name, version, summary, requires, extras }: Wheel): readonly string[] {
  return [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    `Summary: ${summary}`,
    'License: Apache-2.0',
    'Requires-Python: >=3.9',
    ...requires.map((one) => `Requires-Dist: ${one}`),
    ...Object.entries(extras).flatMap(([extra, needs]) => [
      `Provides-Extra: ${extra}`,
      ...needs.map((one) => `Requires-Dist: ${one}; extra == "${extra}"`),
    ]),
  ];
}

function recordOf({ path, content }: ArchiveEntry): string {
  const hash = createHash('sha256').update(content).digest('base64url');
  return `${path},sha256=${hash},${String(content.length)}`;
}

function text(path: string, lines: readonly string[]): ArchiveEntry {
  return { path, content: Buffer.from(`${lines.join('\n')}\n`) };
}
