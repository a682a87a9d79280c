import type { JobOutcome, SinkOutcome } from '../../jobs/job.ts';
import { printable } from '../../core/printable.ts';
import { type OutputContract, typeName } from '../../core/schema.ts';
import { type Html, html } from './html.ts';

export function sampleSections({ sinks, contract }: JobOutcome): Html | undefined {
  const shown = sinks.filter((sink) => sink.sample.length > 0);
  if (shown.length === 0) return undefined;
  return html`<section>
    <h2>Sample rows</h2>
    ${shown.map((sink) => sampleTable(sink, contract))}
  </section>`;
}

function sampleTable({ sink, sample }: SinkOutcome, contract: OutputContract): Html {
  const given = new Set(sample.flatMap((row) => Object.keys(row)));
  const known = contract.columns.map((column) => column.name).filter((name) => given.has(name));
  const names = [...known, ...[...given].filter((name) => !known.includes(name))];
  return html`<h3>${sink}</h3>
    <div class="scroll">
      <table class="sample">
        <thead>
          <tr>
            ${names.map((name) => html`<th>${printable(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${sample.map(
            (row) =>
              html`<tr>
                ${names.map((name) => html`<td>${printable(row[name] ?? '')}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div> `;
}

/** What every target holds, column by column. */
export function contractSection({ contract, extraColumns, schemaChanges }: JobOutcome): Html {
  return html`<section>
    <details>
      <summary>Columns of the targets (${contract.columns.length})</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>column</th>
              <th>type</th>
              <th>null</th>
              <th></th>
            </tr>
          </thead>
          <tbody>
            ${contract.columns.map(
              ({ name, type, nullable }) =>
                html`<tr>
                  <td><code>${name}</code></td>
                  <td>${typeName(type)}</td>
                  <td>${nullable ? 'allowed' : 'never'}</td>
                  <td class="quiet">${roleOf(name, contract)}</td>
                </tr> `,
            )}
          </tbody>
        </table>
      </div>
      ${schemaChanges.map(
        ({ column, type, change, says }) =>
          html`<p>
            The source's ${change} column <code>${printable(column)}</code> ${printable(type ?? '')}
            ${printable(says)}.
          </p>`,
      )}
      ${
        extraColumns.length === 0
          ? undefined
          : html`<p>
              The source has more columns, which were ignored: ${printable(extraColumns.join(', '))}
            </p>`
      }
    </details>
  </section>`;
}

function roleOf(name: string, { columns, key, partitionBy, validity }: OutputContract): string {
  const roles = [
    ...(columns.some((column) => column.name === name && column.evolved === true)
      ? ['came with the source']
      : []),
    ...(key.includes(name) ? ['key'] : []),
    ...(name === partitionBy ? ['partitions'] : []),
    ...(name === validity.from ? ['valid from'] : []),
    ...(name === validity.to ? ['valid until, exclusive'] : []),
  ];
  return roles.join(', ');
}

/** @param config - in wire spelling, without secrets. */
export function configSection(config: Readonly<Record<string, unknown>>): Html {
  return html`<section>
    <details>
      <summary>Config</summary>
      <pre>${JSON.stringify(config, null, 2)}</pre>
    </details>
  </section>`;
}
