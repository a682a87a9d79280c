import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where in somebody's file a statement is. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

const OWN = new Set(
  ['define.ts', 'environments.ts', 'origin.ts'].map((name) => `${import.meta.dirname}/${name}`),
);

/** The statement that has called dray's authoring functions. */
export function callerOrigin(): Origin {
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  for (const frame of frames) {
    const [, place = '', line = '0'] =
      /\(?((?:file:\/\/)?\/[^()]+?):(\d+):\d+\)?$/.exec(frame) ?? [];
    const file = place.startsWith('file:') ? fileURLToPath(place.replace(/\?.*$/, '')) : place;
    if (file !== '' && !OWN.has(file)) return { file, line: Number(line) };
  }
  return { file: dirname(import.meta.dirname), line: 0 };
}

export function spellOrigin({ file, line }: Origin): string {
  return `${file}:${String(line)}`;
}
