import type { StepTiming } from '../../jobs/runner.ts';
import { duration } from '../terminal/format.ts';
import { type Html, html } from './html.ts';

/** Thinnest bar, in percent of the run, so that a quick step can be seen. */
const THINNEST = 0.5;

/** Steps run one after the other: each bar begins where the one before it ended. */
export function stepTimeline(steps: readonly StepTiming[], seconds: number): Html | undefined {
  if (steps.length === 0) return undefined;
  const whole = Math.max(
    seconds,
    steps.reduce((sum, step) => sum + step.seconds, 0),
  );
  let before = 0;
  const rows = steps.map(({ name, seconds: took, ok }) => {
    const width = whole === 0 ? 0 : Math.max(THINNEST, (took / whole) * 100);
    const x = whole === 0 ? 0 : Math.min(100 - width, (before / whole) * 100);
    before += took;
    return html`<tr>
      <td>${name}</td>
      <td class="track">
        <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect
            class="${ok ? 'step' : 'step bad'}"
            x="${x.toFixed(3)}"
            width="${width.toFixed(3)}"
            height="10"
          >
            <title>${name}: ${duration(took)}</title>
          </rect>
        </svg>
      </td>
      <td class="number">
        ${took < 0.1 ? `${String(Math.round(took * 1000))} ms` : duration(took)}
      </td>
      <td class="${ok ? 'good' : 'bad'}">${ok ? '✓' : '✗ failed'}</td>
    </tr> `;
  });
  return html`<section>
    <h2>Steps</h2>
    <table class="steps">
      <tbody>
        ${rows}
      </tbody>
    </table>
  </section>`;
}
