import { join } from 'node:path';
import type { ResultFile } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { Merged, PartitionContent } from '../../../core/ledger.ts';
import type { ColumnType } from '../../../core/schema.ts';
import { contentOf } from '../../../plan/content-hash.ts';
import { refuseWrongKey, wrongKeyQuery } from '../merge-key.ts';
import type { AddFile } from './actions.ts';
import { addOf, uploadFile } from './data-files.ts';
import { type RowColumn, rowsOfFiles } from './file-rows.ts';
import { FILE, fileSqlOf } from './file-sql.ts';
import { keyOfPath, logValue } from './paths.ts';
import { valuesOf } from './partitioning.ts';
import { partitionOf } from './plan-commit.ts';
import { parseSchema } from './schema-string.ts';
import { type Snapshot, tableOf } from './snapshot.ts';
import type { DeltaTarget } from './target.ts';

/** What a merge does to one version of the table, besides adding the load's own files. */
export interface Rewrite {
  /** Files that hold a row whose key is in the load. */
  readonly removes: readonly AddFile[];
  /** What is left of them. */
  readonly adds: readonly AddFile[];
  readonly merged: Merged;
}

/**
 * A load that is merged into the table: rows of the load take the place of those with their keys, all
 * copies of them, in the partitions that the load has rows of; every other row stays.
 */
export interface Merge {
  /**
   * Works a version out. Each data file is read once, whichever versions have it, so that a try after
   * another writer's commit only reads what that commit brought.
   *
   * @param loaded - content of the load itself, per partition.
   */
  rewriteOf(
    snapshot: Snapshot,
    loaded: readonly PartitionContent[],
    signal: AbortSignal,
  ): Promise<Rewrite>;
  /** Rows of the table whose key is in the load. */
  count(snapshot: Snapshot, signal: AbortSignal): Promise<number>;
}

/** A data file without the rows whose keys are in the load. */
interface Rest {
  readonly rows: number;
  readonly hash: bigint;
  readonly replaced: number;
  /** The rest as a file of its own; undefined while it was not needed, or when there is none. */
  readonly add?: AddFile;
}

/**
 * @param onKey - gets the key of each data file before it appears.
 * @throws JobError `MERGE_KEY_INVALID` when a key of the load is null, or there twice.
 */
export async function openMerge(
  target: DeltaTarget,
  files: readonly ResultFile[],
  claim: number,
  onKey: (key: string) => void,
  signal: AbortSignal,
): Promise<Merge> {
  const { storage, session } = target;
  const { contract } = target.request;
  const sql = fileSqlOf(session);
  const filled = files.filter((file) => file.rows > 0);
  // Spark takes no dashes in the name of a view.
  const id = target.chance.uuid().replaceAll('-', '_');
  const load = sql.name(`merge_load_${id}`);
  const key = contract.key.map((name) => sql.name(name));
  const onSameKey = key.map((column) => `f.${column} = l.${column}`).join(' and ');
  const touched = new Set(filled.map((file) => logValue(file.partition)));
  const rests = new Map<string, Rest>();
  let looks = 0;

  if (filled.length > 0) {
    const paths = filled.map((file) => file.path);
    await session.parquet.view(`merge_load_${id}`, paths, signal);
    const [wrong] = await session.rows(wrongKeyQuery(load, key), signal);
    refuseWrongKey(contract.key, wrong, storage.root);
  }

  function filesOf(snapshot: Snapshot): readonly AddFile[] {
    return [...snapshot.adds.values()].filter((add) =>
      touched.has(partitionOf(add, contract.partitionBy)),
    );
  }

  const pathOf = (add: AddFile) => storage.enginePath(keyOfPath(add.path));

  /** Rows and content hash of what stays of each file. */
  async function look(adds: readonly AddFile[], signal: AbortSignal): Promise<void> {
    if (adds.length === 0) return;
    const rows = await session.parquet.rows(adds.map(pathOf), signal);
    const { query } = await rowsOfFiles(target, adds, contract.columns, signal);
    const source = `merge_rest_${id}_${String(++looks)}`;
    await session.run(
      sql.createView(
        source,
        `select f.* from (${query}) f ${sql.antiJoin} ${load} l on ${onSameKey}`,
      ),
      signal,
    );
    const { node } = contentOf(contract, { name: source, by: FILE });
    const found = new Map(
      (await session.rows(sql.print(node), signal)).map((row) => [String(row['partition']), row]),
    );
    for (const add of adds) {
      const rest = found.get(pathOf(add));
      const stay = Number(rest?.['rows'] ?? 0);
      const hash = BigInt(String(rest?.['hash'] ?? 0));
      const replaced = (rows.get(pathOf(add)) ?? 0) - stay;
      rests.set(add.path, { rows: stay, hash, replaced });
    }
  }

  /** Writes what stays of a file as a file of its own, with all columns that the table has. */
  async function keep(
    add: AddFile,
    { rows }: Rest,
    columns: readonly RowColumn[],
    signal: AbortSignal,
  ): Promise<AddFile> {
    const there = await rowsOfFiles(target, [add], columns, signal);
    const kept = there.columns.map((column) => `f.${column}`).join(', ');
    const [file, ...more] = await session.writePartitions(
      `select ${kept} from (${there.query}) f ${sql.antiJoin} ${load} l on ${onSameKey}`,
      contract.partitionBy,
      join(session.scratchDir, target.chance.uuid()),
      signal,
    );
    if (file === undefined || more.length > 0 || file.rows !== rows) {
      throw new JobError('INTERNAL', `"${add.path}" cannot be rewritten: its rows changed`);
    }
    const rest = { file, values: valuesOf(add) };
    const uploaded = await uploadFile(target, rest, rests.size, claim, onKey, signal);
    const counted = await session.parquet.rows([uploaded.enginePath], signal);
    return addOf(target, uploaded, counted.get(uploaded.enginePath) ?? 0);
  }

  return {
    async rewriteOf(snapshot, loaded, signal) {
      const there = filesOf(snapshot);
      await look(
        there.filter((add) => !rests.has(add.path)),
        signal,
      );
      const columns = columnsOf(snapshot, target);
      const removes: AddFile[] = [];
      const adds: AddFile[] = [];
      let replaced = 0;
      for (const add of there) {
        const rest = rests.get(add.path);
        if (rest === undefined || rest.replaced === 0) continue;
        removes.push(add);
        replaced += rest.replaced;
        if (rest.rows === 0) continue;
        const kept = rest.add ?? (await keep(add, rest, columns, signal));
        rests.set(add.path, { ...rest, add: kept });
        adds.push(kept);
      }
      const after = loaded.map(({ value, rows, hash }): PartitionContent => {
        const stay = there
          .filter((add) => partitionOf(add, contract.partitionBy) === logValue(value))
          .flatMap((add) => rests.get(add.path) ?? []);
        return {
          value,
          rows: stay.reduce((sum, rest) => sum + rest.rows, rows),
          hash: stay.reduce((sum, rest) => sum + rest.hash, BigInt(hash)).toString(),
        };
      });
      return { removes, adds, merged: { replaced, after } };
    },
    async count(snapshot, signal) {
      const there = filesOf(snapshot);
      if (there.length === 0) return 0;
      const columns = contract.columns.filter(({ name }) => contract.key.includes(name));
      const { query } = await rowsOfFiles(target, there, columns, signal);
      const [counted] = await session.rows(
        `select count(*) as key_rows from (${query}) f ${sql.semiJoin} ${load} l on ${onSameKey}`,
        signal,
      );
      return Number(counted?.['key_rows'] ?? 0);
    },
  };
}

const INSTANT: ColumnType = { kind: 'timestamp' };

/** The contract's columns with their types, then those that only the table has. */
function columnsOf(
  snapshot: Snapshot,
  { request: { contract } }: DeltaTarget,
): readonly RowColumn[] {
  const table = tableOf(snapshot);
  const fields = table === undefined ? [] : parseSchema(table.metaData.schemaString);
  const known = new Set(contract.columns.map(({ name }) => name));
  const others = fields.filter(({ name }) => !known.has(name));
  return [
    ...contract.columns,
    ...others.map(({ name, type }): RowColumn =>
      type === 'timestamp' ? { name, type: INSTANT } : { name },
    ),
  ];
}
