import { type Finding, ok, red, redOf, within } from '../../core/finding.ts';
import { assertNoDeletionVectors, tableOf } from '../../strategies/writers/delta/snapshot.ts';
import { assertSupported } from '../../strategies/writers/delta/protocol.ts';
import { readSnapshot } from '../../strategies/writers/delta/log.ts';
import { parseSchema } from '../../strategies/writers/delta/schema-string.ts';
import type { EngineContext } from '../job.ts';

const PATIENCE_MS = 60_000;

/** What a Delta table asks of its writers, and whether dray is one of those. */
export async function tableFinding(
  location: string,
  { openEngine, openStorage }: Pick<EngineContext, 'openEngine' | 'openStorage'>,
  signal: AbortSignal,
): Promise<Finding> {
  const name = `table ${location}`;
  try {
    return await within(PATIENCE_MS, signal, async (limited) => {
      const storage = openStorage(location);
      await using session = await openEngine('bulk', {}, limited);
      await session.sql.useStorage(storage, limited);
      const warnings: string[] = [];
      const warn = (text: string) => warnings.push(text);
      const table = tableOf(await readSnapshot(storage, session.sql, warn, limited));
      if (table === undefined) {
        return red(name, 'there is no Delta table', 'check the path; a first load makes the table');
      }
      const { protocol, metaData, version, adds } = table;
      const { minReaderVersion, minWriterVersion, readerFeatures, writerFeatures } = protocol;
      const features = new Set([...(readerFeatures ?? []), ...(writerFeatures ?? [])]);
      assertSupported(protocol, metaData, parseSchema(metaData.schemaString));
      assertNoDeletionVectors(table);
      const listed = features.size === 0 ? '' : `: ${[...features].sort().join(', ')}`;
      const says = [
        `version ${String(version)}`,
        `${String(adds.size)} files`,
        `protocol ${String(minReaderVersion)}/${String(minWriterVersion)}${listed}`,
        ...warnings,
      ];
      return ok(name, says.join(', '));
    });
  } catch (error) {
    signal.throwIfAborted();
    return redOf(name, error);
  }
}
