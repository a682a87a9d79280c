import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { identifier, type SqlSession } from '../../../core/engine.ts';
import type { Storage } from '../../../core/storage.ts';
import type { LoadRequest } from '../../../core/strategy.ts';
import { sparkName } from '../../../plan/spark/names.ts';
import { sparkType } from '../../../plan/spark/types.ts';
import { engineType } from './folder.ts';

/**
 * Stages what `Storage.retire` needs to take a file of the folder away. On S3 that is a Parquet file
 * with the contract's columns and no rows, which then stands in its place: a removal there could not be
 * kept from coming too late.
 */
export async function stageRemoval(
  {
    session,
    storage,
    request,
  }: {
    readonly session: SqlSession;
    readonly storage: Storage;
    readonly request: LoadRequest;
  },
  staged: string,
  signal: AbortSignal,
): Promise<void> {
  if (storage.revokesAtOnce) {
    await storage.write(staged, '', signal);
    return;
  }
  const columns = request.contract.columns.map(({ name, type }) =>
    session.engine === 'bigdata'
      ? `cast(null as ${sparkType(type)}) as ${sparkName(name)}`
      : `cast(null as ${engineType(type)}) as ${identifier(name)}`,
  );
  const file = join(session.scratchDir, `no-rows-${randomUUID()}.parquet`);
  await session.parquet.write(`select ${columns.join(', ')} limit 0`, file, signal);
  await storage.upload(file, staged, signal);
}
