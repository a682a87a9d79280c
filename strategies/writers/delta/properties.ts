import { JobError } from '../../../core/errors.ts';

/**
 * Properties that a table may have and every load of ours honours, or that only other writers look at.
 * Those that ask for what we do not write are not among them.
 *
 * @see https://docs.delta.io/latest/table-properties.html
 */
const KNOWN: ReadonlySet<string> = new Set([
  'delta.appendOnly',
  'delta.autoOptimize.autoCompact',
  'delta.autoOptimize.optimizeWrite',
  'delta.checkpointInterval',
  'delta.dataSkippingNumIndexedCols',
  'delta.deletedFileRetentionDuration',
  'delta.enableExpiredLogCleanup',
  'delta.isolationLevel',
  'delta.logRetentionDuration',
  'delta.randomizeFilePrefixes',
  'delta.targetFileSize',
  'delta.tuneFileSizesForRewrites',
]);

/**
 * The properties of a table that a load makes, from the options of config.
 *
 * @throws JobError `NOT_SUPPORTED` for a property of Delta's own whose meaning no load would keep.
 */
export function tableProperties(
  options: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const unknown = Object.keys(options).find(
    (name) => name.startsWith('delta.') && !KNOWN.has(name),
  );
  if (unknown === undefined) return options;
  throw new JobError('NOT_SUPPORTED', `the Delta writer has no table property "${unknown}"`, {
    hint: `it knows: ${[...KNOWN].join(', ')}; names that do not begin with "delta." are free`,
  });
}
