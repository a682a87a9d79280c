import { styleText } from 'node:util';
import { printable } from '../core/printable.ts';
import type { RunState } from '../core/run-state.ts';
import type { StepRecord } from '../core/run-store.ts';

const NOTHING = '-';
type Style = Parameters<typeof styleText>[0];

const STYLES: Readonly<Record<RunState, Style>> = {
  PENDING: 'dim',
  RUNNING: 'cyan',
  RETRYING: 'yellow',
  COMPLETED: 'green',
  FAILED: 'red',
  CANCELLED: 'magenta',
};

/** Colours a text, which the caller has made printable, where there are colours. */
export function paint(style: Style, text: string, color: boolean): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}

export function paintState(state: RunState | StepRecord['state'], color: boolean): string {
  return paint(STYLES[state], state, color);
}

/** 20940529 as `20,940,529`. */
export function count(value: number | undefined): string {
  return value === undefined ? NOTHING : value.toLocaleString('en-US');
}

/** `2017-06-12T02:00:00.123Z` as `2017-06-12 02:00:00`, which is UTC. */
export function instant(iso: string | undefined): string {
  if (iso === undefined) return NOTHING;
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return printable(iso);
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

/** Seconds from one instant to another, `12.3`; nothing while there is no end. */
export function secondsBetween(from: string | undefined, to: string | undefined): string {
  if (from === undefined || to === undefined) return NOTHING;
  return seconds((Date.parse(to) - Date.parse(from)) / 1000);
}

export function seconds(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  return value.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
