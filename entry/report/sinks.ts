import type { JobOutcome, SinkOutcome } from '../../jobs/job.ts';
import { printable } from '../../core/printable.ts';
import { duration, rate } from '../terminal/format.ts';
import { count } from '../wording.ts';
import { type Html, html } from './html.ts';

const STATUS: Readonly<
  Record<SinkOutcome['status'], { tone: string; text: string; more?: string }>
> = {
  loaded: { tone: 'good', text: '✓ loaded' },
  reused: { tone: 'good', text: '✓ reused', more: 'nothing loaded twice' },
  untouched: { tone: 'quiet', text: 'untouched' },
  checked: { tone: 'good', text: '✓ checked' },
};

export function sinksSection(outcome: JobOutcome): Html {
  return html`<section>
    <h2>Targets</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>sink</th>
            <th>status</th>
            <th class="number">rows</th>
            <th class="number">time</th>
            <th class="number">speed</th>
            <th>mode</th>
            <th>target</th>
          </tr>
        </thead>
        <tbody>
          ${outcome.sinks.map(sinkRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function sinkRow(sink: SinkOutcome): Html {
  const { tone, text, more } = STATUS[sink.status];
  const written = sink.status === 'loaded';
  const has = written || sink.status === 'reused';
  return html`<tr>
    <td><b>${sink.sink}</b><br /><small>${sink.kind}</small></td>
    <td class="status ${tone}">
      ${text}${more === undefined ? undefined : html`<br /><small>${more}</small>`}
    </td>
    <td class="number">
      ${has ? count(sink.loaded) : '-'}${
        sink.replaced === undefined
          ? undefined
          : html`<br /><small>${count(sink.replaced)} replaced</small>`
      }
    </td>
    <td class="number">${written ? duration(sink.seconds) : '-'}</td>
    <td class="number">${written ? rate(sink.loaded, sink.seconds) : '-'}</td>
    <td>${sink.mode}</td>
    <td class="place">${printable(sink.target)}<br /><small>load ${sink.loadId}</small></td>
  </tr> `;
}
