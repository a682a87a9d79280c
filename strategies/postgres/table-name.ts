import { createHash } from 'node:crypto';
import { identifier } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';

/** A table's name in its parts, unquoted. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** Postgres cuts longer names off silently. */
const MAX_NAME_BYTES = 63;
const PART = /^(?:"((?:[^"\0]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))/;

/**
 * Parses `schema.table` as Postgres does: unquoted parts are folded to lower case, quoted ones taken
 * as they are.
 *
 * @throws JobError `CONFIG_INVALID` when it is something else, or a part is longer than 63 bytes.
 */
export function parseTableName(text: string, defaultSchema = 'public'): TableName {
  const parts: string[] = [];
  let rest = text.trim();
  for (;;) {
    const match = PART.exec(rest);
    if (match === null) throw invalid(text, 'it is not schema.table');
    parts.push(match[1]?.replaceAll('""', '"') ?? (match[2] ?? '').toLowerCase());
    rest = rest.slice(match[0].length);
    if (rest === '') break;
    if (!rest.startsWith('.')) throw invalid(text, `"${rest}" cannot be part of a name`);
    rest = rest.slice(1);
  }
  for (const part of parts) {
    if (Buffer.byteLength(part) > MAX_NAME_BYTES) {
      throw invalid(text, `a name may have ${MAX_NAME_BYTES} bytes`);
    }
  }
  const [first, second, ...more] = parts;
  if (first === undefined || more.length > 0) throw invalid(text, 'it has more than two parts');
  return second === undefined
    ? { schema: defaultSchema, table: first }
    : { schema: first, table: second };
}

/** The name as SQL, quoted; also what `to_regclass` takes. */
export function qualified(name: TableName): string {
  return `${identifier(name.schema)}.${identifier(name.table)}`;
}

/** The name as people write it, and as the ledger keys it: quotes only where they are needed. */
export function displayName(name: TableName): string {
  const part = (text: string) => (/^[a-z_][a-z0-9_$]*$/.test(text) ? text : identifier(text));
  return `${part(name.schema)}.${part(name.table)}`;
}

/** What all staging tables of a target start with; the claim's number follows. */
export function stagePrefix(target: TableName): string {
  const hash = createHash('sha256').update(displayName(target)).digest('hex').slice(0, 8);
  return `_dray_stage_${hash}_`;
}

export function stageName(target: TableName, claim: number): TableName {
  return { schema: target.schema, table: `${stagePrefix(target)}${claim}` };
}

function invalid(text: string, reason: string): JobError {
  return new JobError('CONFIG_INVALID', `"table" cannot be "${text}": ${reason}`, {
    hint: 'write schema.table, with double quotes around a part that is not a plain name',
  });
}
