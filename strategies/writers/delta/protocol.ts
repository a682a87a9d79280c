import { JobError } from '../../../core/errors.ts';
import type { Mode } from '../../../core/ledger.ts';
import type { MetaData, Protocol } from './actions.ts';
import type { TableField } from './schema-string.ts';

const MAX_READER = 3;
const MAX_WRITER = 7;

/** A new table asks for no more than append-only and invariants, which every writer knows. */
export const CREATED_PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/**
 * Features that may be listed: those before table features, which are refused below where they are
 * in use, and timestamps without zone, which the contract has no type for.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#valid-feature-names-in-table-features
 */
const ACCEPTED = new Set([
  'appendOnly',
  'invariants',
  'checkConstraints',
  'changeDataFeed',
  'generatedColumns',
  'columnMapping',
  'identityColumns',
  'timestampNtz',
]);

/** The first feature that a table may not even list. */
export function unsupportedFeature(features: readonly string[]): string | undefined {
  return features.find((feature) => !ACCEPTED.has(feature));
}

/** @throws JobError `NOT_SUPPORTED` naming what a writer of this table would have to know. */
export function assertSupported(
  protocol: Protocol,
  metaData: MetaData,
  fields: readonly TableField[],
): void {
  if (protocol.minReaderVersion > MAX_READER || protocol.minWriterVersion > MAX_WRITER) {
    throw refused(
      `protocol ${String(protocol.minReaderVersion)}/${String(protocol.minWriterVersion)}`,
    );
  }
  const features = [...(protocol.readerFeatures ?? []), ...(protocol.writerFeatures ?? [])];
  const unknown = unsupportedFeature(features);
  if (unknown !== undefined) throw refused(`the feature "${unknown}"`);
  const active = activeFeature(metaData.configuration ?? {}, fields);
  if (active !== undefined) throw refused(active);
  if (metaData.format.provider !== 'parquet') {
    throw refused(`files of the format "${metaData.format.provider}"`);
  }
}

/** @throws JobError `NOT_SUPPORTED` when the mode deletes rows of an append-only table. */
export function assertModeAllowed(metaData: MetaData, mode: Mode): void {
  if (mode === 'append' || metaData.configuration?.['delta.appendOnly'] !== 'true') return;
  throw new JobError('NOT_SUPPORTED', `the table is append-only, the mode is "${mode}"`, {
    hint: 'set "mode" to "append", or "delta.appendOnly" of the table to false',
  });
}

function activeFeature(
  configuration: Readonly<Record<string, string | null>>,
  fields: readonly TableField[],
): string | undefined {
  const mapping = configuration['delta.columnMapping.mode'] ?? 'none';
  if (mapping !== 'none') return `the feature "columnMapping" in mode "${mapping}"`;
  if (configuration['delta.enableChangeDataFeed'] === 'true') return 'the feature "changeDataFeed"';
  if (Object.keys(configuration).some((key) => key.startsWith('delta.constraints.'))) {
    return 'the feature "checkConstraints"';
  }
  for (const field of fields) {
    const feature = columnFeature(field);
    if (feature !== undefined) return `the feature "${feature}" of column "${field.name}"`;
  }
  return undefined;
}

function columnFeature(field: TableField): string | undefined {
  // Nested fields carry the same metadata, so the type's text is searched too.
  const keys = `${Object.keys(field.metadata).join(' ')} ${JSON.stringify(field.type)}`;
  if (keys.includes('delta.invariants')) return 'invariants';
  if (keys.includes('delta.generationExpression')) return 'generatedColumns';
  if (keys.includes('delta.identity.')) return 'identityColumns';
  return undefined;
}

function refused(what: string): JobError {
  return new JobError('NOT_SUPPORTED', `the table needs ${what}, which dray does not write`, {
    hint: 'load into another table, or switch the feature off there',
  });
}
