import { quote, type SparkSqlSession, type SparkView, type SqlSession } from '../../core/engine.ts';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import { sparkName, sparkText } from '../../plan/spark/names.ts';
import type { DeltaRows, VersionPart } from './delta-versions.ts';

/** Delta's own kernel reads: partitions, deletion vectors and column mapping are its business. */
export function rowsOnDuckDb(
  session: SqlSession,
  sourceTable: string,
  context: StrategyContext,
  signal: AbortSignal,
): DeltaRows {
  const path = context.openStorage(sourceTable).enginePath('');
  const scanOf = (version: number) => `delta_scan(${quote(path)}, version = ${String(version)})`;
  const withOrigin = 'select *, filename as __file, file_row_number as __row from';
  async function columnsOf(relation: string): Promise<Source['columns']> {
    const described = await session.rows(`describe ${relation}`, signal);
    return described.map((row) => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    }));
  }
  return {
    async version(version) {
      const relation = `select * from ${scanOf(version)}`;
      return {
        ...atVersion(sourceTable, version),
        columns: await columnsOf(relation),
        relation,
        relationWithOrigin: `${withOrigin} ${scanOf(version)}`,
      };
    },
    async files(parts, location) {
      const scans = parts.map(
        ({ version, paths }) =>
          `${scanOf(version)} where filename in (${paths.map((each) => quote(each)).join(', ')})`,
      );
      const relation = scans.map((scan) => `select * from ${scan}`).join(' union all by name ');
      return {
        ...unchanging(location, parts),
        columns: await columnsOf(relation),
        relation,
        relationWithOrigin: scans
          .map((scan) => `${withOrigin} ${scan}`)
          .join(' union all by name '),
      };
    },
    count: async ({ relation }) => await countOf(session, relation, signal),
  };
}

export function rowsOnSpark(
  spark: SparkSqlSession,
  sourceTable: string,
  context: StrategyContext,
  signal: AbortSignal,
): DeltaRows {
  const path = context.openStorage(sourceTable).enginePath('');
  const viewOf = async (version: number) =>
    await spark.openSource(
      { format: 'delta', paths: [path], options: { versionAsOf: String(version) } },
      signal,
    );
  return {
    async version(version) {
      const { name, columns } = await viewOf(version);
      return {
        ...atVersion(sourceTable, version),
        columns,
        relation: `select ${columns.map((column) => sparkName(column.name)).join(', ')} from ${name}`,
        relationWithOrigin: `select * from ${name}`,
      };
    },
    async files(parts, location) {
      const newestLast = [...parts].sort((a, b) => a.version - b.version);
      const views: { readonly paths: readonly string[]; readonly view: SparkView }[] = [];
      for (const { version, paths } of newestLast)
        views.push({ paths, view: await viewOf(version) });
      const columns = views.at(-1)?.view.columns ?? [];
      const union = (origin: readonly string[]) =>
        views
          .map(({ paths, view }) => {
            const has = new Set(view.columns.map(({ name }) => name));
            const list = columns.map(({ name }) =>
              has.has(name) ? sparkName(name) : `null as ${sparkName(name)}`,
            );
            const files = paths.map((each) => sparkText(each)).join(', ');
            return `select ${[...list, ...origin].join(', ')} from ${view.name} where __file in (${files})`;
          })
          .join(' union all ');
      return {
        ...unchanging(location, parts),
        columns,
        relation: union([]),
        relationWithOrigin: union(['__file', '__row']),
      };
    },
    count: async ({ relation }) => await countOf(spark, relation, signal),
  };
}

async function countOf(
  session: SqlSession,
  relation: string,
  signal: AbortSignal,
): Promise<number> {
  const [row] = await session.rows(
    `select count(*) as found from (${relation}) as new_rows`,
    signal,
  );
  return Number(row?.['found']);
}

/** Data files never change. */
function unchanging(
  location: string,
  parts: readonly VersionPart[],
): Pick<Source, 'location' | 'snapshot' | 'assertUnchanged'> {
  return {
    location,
    snapshot: parts.flatMap(({ version, paths }) =>
      paths.map((name) => ({ name, version: String(version) })),
    ),
    assertUnchanged: () => Promise.resolve(),
  };
}

/** A version of a Delta table never changes. */
function atVersion(
  sourceTable: string,
  version: number,
): Pick<Source, 'location' | 'snapshot' | 'assertUnchanged'> {
  return {
    location: `${sourceTable} version ${String(version)}`,
    snapshot: [{ name: 'delta', version: String(version) }],
    assertUnchanged: () => Promise.resolve(),
  };
}
