/** How the line begins that the job itself leaves; the log of a pod has both of its streams. */
export const RESULT_LINE = '{"schema":"dray.result/1"';

export interface LogLine {
  /** As `2017-06-12T02:00:00.123456789Z`: later ones are greater. */
  readonly at: string;
  readonly line: string;
}

/** The lines of a log with timestamps. Kubernetes leaves out the zeros at their end. */
export function logLines(text: string): readonly LogLine[] {
  return text
    .split('\n')
    .map((line) => /^(\S+?)(?:\.(\d+))?Z ?(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, second = '', fraction = '', line = '']) => ({
      at: `${second}.${fraction.padEnd(9, '0')}Z`,
      line,
    }));
}
