import { z } from 'zod';
import { quote } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { defineReader, type Source, type StrategyContext } from '../../core/strategy.ts';

const LOG = '_delta_log/';

/** A Delta table at one version: the newest when the run starts, or the one that config names. */
export const deltaReader = defineReader({
  config: z.strictObject({
    strategy: z.literal('DELTA'),
    sourceTable: z.string().min(1),
    /** Time travel: the table's version to read. */
    version: z.int().min(0).optional(),
  }),
  on: {
    async bulk(session, config, context, signal) {
      const { sourceTable } = config;
      const newest = await newestVersion(sourceTable, context, signal);
      const version = config.version ?? newest;
      if (version > newest) {
        throw new JobError(
          'SOURCE_NOT_FOUND',
          `"${sourceTable}" has no version ${String(version)}`,
          { hint: `its newest version is ${String(newest)}: name one up to it, or none` },
        );
      }
      await session.useExtension('delta', signal);
      const path = context.openStorage(sourceTable).enginePath('');
      const scan = `delta_scan(${quote(path)}, version = ${String(version)})`;
      const described = await session.rows(`describe select * from ${scan}`, signal);
      return {
        location: `${sourceTable} version ${String(version)}`,
        columns: described.map((row) => ({
          name: String(row['column_name']),
          type: String(row['column_type']),
        })),
        snapshot: [{ name: 'delta', version: String(version) }],
        relation: `select * from ${scan}`,
        relationWithOrigin: `select *, filename as __file, file_row_number as __row from ${scan}`,
        // A version of a Delta table never changes.
        assertUnchanged: () => Promise.resolve(),
      } satisfies Source;
    },
  },
});

/** The highest version in the log, by commit or by checkpoint: old commits may be cleaned up. */
async function newestVersion(
  sourceTable: string,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<number> {
  const entries = await context.openStorage(sourceTable).list(LOG, signal);
  const versions = entries
    .map((entry) => /^_delta_log\/([0-9]{20})\.(json|checkpoint\.)/.exec(entry.key)?.[1])
    .filter((text) => text !== undefined)
    .map(Number);
  if (versions.length === 0) {
    throw new JobError('SOURCE_NOT_FOUND', `"${sourceTable}" is not a Delta table`, {
      hint: 'name the folder that holds _delta_log, or use strategy "PARQUET"',
    });
  }
  return Math.max(...versions);
}
