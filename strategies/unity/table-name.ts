import { JobError } from '../../core/errors.ts';
import { sparkName } from '../../plan/spark/names.ts';

/** A table's name in its parts, unquoted, lower case as Unity Catalog keeps them. */
export interface UnityTableName {
  readonly catalog: string;
  readonly schema: string;
  readonly table: string;
}

/** Unity Catalog takes no dot, space, slash, control character or DEL in a name, quoted or not. */
const PART = /^(?:`((?:[^`.\s/\u0000-\u001f\u007f]|``)+)`|([A-Za-z0-9_-]+))$/;

/** @throws JobError `CONFIG_INVALID` when it is not `catalog.schema.table`. */
export function parseUnityName(text: string): UnityTableName {
  const parts = text.split('.').map((part) => {
    const [, quoted, plain] = PART.exec(part.trim()) ?? [];
    return (quoted?.replaceAll('``', '`') ?? plain ?? '').toLowerCase();
  });
  const [catalog = '', schema = '', table = '', ...more] = parts;
  if (more.length > 0 || [catalog, schema, table].includes('')) {
    throw new JobError('CONFIG_INVALID', `"table" cannot be "${text}"`, {
      hint: 'write catalog.schema.table, with backticks around a part that is not a plain name',
    });
  }
  return { catalog, schema, table };
}

/** The name as SQL, quoted. */
export function qualified({ catalog, schema, table }: UnityTableName): string {
  return [catalog, schema, table].map(sparkName).join('.');
}

/** The name as people write it. */
export function displayName({ catalog, schema, table }: UnityTableName): string {
  return [catalog, schema, table]
    .map((part) => (/^\w+$/.test(part) ? part : sparkName(part)))
    .join('.');
}
