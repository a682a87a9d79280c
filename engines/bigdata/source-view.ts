import type { SparkSource, SparkView } from '../../core/engine.ts';
import { contentNumberOnSpark } from '../../plan/row-number.ts';
import { duckDbType } from './data-type.ts';
import { readRelation, selected } from './relations.ts';
import type { BigdataSession } from './session.ts';

/** Hadoop writes `file:///a%20b` and `s3a://bucket/a%20b`; a plus sign in it is a plus sign. */
const PLAIN_FILE = `if(_metadata.file_path rlike '^(file|s3[an]?):',
  url_decode(replace(
    regexp_replace(regexp_replace(_metadata.file_path, '^file:/*', '/'), '^s3[an]:', 's3:'),
    '+', '%2B')),
  _metadata.file_path)`;

/** Makes a view over what Spark reads, with where each row comes from. */
export async function sourceView(
  session: Pick<BigdataSession, 'schema' | 'tempView'>,
  name: string,
  { format, paths, options, predicates }: SparkSource,
  signal: AbortSignal,
): Promise<SparkView> {
  const isStored = format !== 'jdbc';
  // Stars in a path that was found are stars, not patterns.
  const relation = readRelation(
    format,
    paths,
    isStored ? { ...options, __globPaths__: 'false' } : options,
    predicates,
  );
  const fields = await session.schema(relation, signal);
  const file = isStored ? PLAIN_FILE : 'cast(null as string)';
  // Delta tells row numbers only of tables whose protocol has deletion vectors.
  const isNumbered =
    format === 'delta'
      ? (await session.schema(selected(relation, ['_metadata']), signal)).some(({ type }) =>
          type.includes('row_index:'),
        )
      : isStored;
  const columns = fields.map((field) => ({ name: field.name, type: duckDbType(field.type) }));
  // Numbers that tasks count are others the next time.
  const row = isNumbered ? '_metadata.row_index' : contentNumberOnSpark(columns);
  const origin = [`${file} as __file`, `${row} as __row`];
  await session.tempView(name, selected(relation, ['*', ...origin]), signal);
  return { name, columns };
}
