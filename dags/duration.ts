/** As Airflow has it: `{ minutes: 5 }` is `timedelta(minutes=5)`. */
export interface Duration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}

/** `{ hours: 1, minutes: 30 }` is "1 h 30 min". */
export function spellDuration({ days, hours, minutes, seconds }: Duration): string {
  return Object.entries({ d: days, h: hours, min: minutes, s: seconds })
    .flatMap(([unit, count]) => (count === undefined ? [] : [`${String(count)} ${unit}`]))
    .join(' ');
}

export function toMs({ days = 0, hours = 0, minutes = 0, seconds = 0 }: Duration): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
