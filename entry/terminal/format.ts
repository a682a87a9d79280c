import { count, paint } from '../wording.ts';

const STYLES = {
  good: 'green',
  bad: 'red',
  careful: 'yellow',
  strong: 'bold',
  quiet: 'dim',
  accent: 'cyan',
} as const;

export type Tone = keyof typeof STYLES;

/** Colours a text, or leaves it alone. */
export type Paint = (tone: Tone, text: string) => string;

export function painter(color: boolean): Paint {
  return (tone, text) => paint(STYLES[tone], text, color);
}

/** `0.4 s`, `1 min 05 s`. */
export function duration(seconds: number): string {
  // 59.96 would round to 60.0 s.
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)} min ${two(whole % 60)} s`;
  return `${String(Math.floor(minutes / 60))} h ${two(minutes % 60)} min`;
}

/** Rows per second; empty when the time is too short to tell. */
export function rate(rows: number, seconds: number): string {
  return seconds < 0.001 ? '' : `${count(Math.round(rows / seconds))} rows/s`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
