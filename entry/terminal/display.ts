import { clearScreenDown, moveCursor } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { MultiBar } from 'cli-progress';
import type { TerminalStream } from './stream.ts';

const FRAMES_PER_SECOND = 12;

/** Lines at the bottom of a terminal that are asked for their text again and again. */
export interface Display {
  /** The line must be narrower than the terminal. */
  add(line: () => string): void;
  /** Removes all lines; the cursor is then where the first one was. */
  clear(): void;
}

export function createDisplay(stream: TerminalStream): Display {
  let bars: MultiBar | undefined;
  let lines = 0;
  /** As last drawn. */
  const widths: number[] = [];

  /** In a narrower window the lines as drawn take more rows than cli-progress would go up. */
  function removeWrapped(): void {
    const columns = Math.max(1, stream.columns ?? Infinity);
    const wrapped = widths.reduce((sum, width) => sum + Math.ceil(Math.max(1, width) / columns), 0);
    if (wrapped <= widths.length) return;
    moveCursor(stream, -columns, 1 - wrapped);
    clearScreenDown(stream);
    stream.write('\n'.repeat(widths.length - 1));
  }

  return {
    add(line) {
      if (bars === undefined) {
        bars = new MultiBar({
          stream,
          fps: FRAMES_PER_SECOND,
          clearOnComplete: true,
          hideCursor: true,
          forceRedraw: true,
          gracefulExit: false,
          format: (_options, _params, { draw }: { readonly draw: () => string }) => draw(),
        });
        stream.on('resize', removeWrapped);
      }
      const index = lines++;
      bars.create(1, 0, {
        draw() {
          const text = line();
          widths[index] = stripVTControlCharacters(text).length;
          return text;
        },
      });
    },
    clear() {
      stream.off('resize', removeWrapped);
      bars?.stop();
      bars = undefined;
      widths.length = lines = 0;
    },
  };
}
