import type { ZodType } from 'zod';
import { reportProblems } from './config-report.ts';
import { JobError } from './errors.ts';
import {
  type ConfigPath,
  isWireName,
  type RefusedKey,
  toCamelCase,
  toSnakeCase,
  UNTRANSLATED,
} from './wire-name.ts';

const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 32;

export interface FromWire {
  readonly value: unknown;
  readonly refused: readonly RefusedKey[];
}

/** Translates the keys of wire JSON from snake_case to camelCase, at any depth. */
export function fromWire(json: unknown): FromWire {
  const refused: RefusedKey[] = [];

  function translate(value: unknown, path: ConfigPath, own: boolean): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (path.length > MAX_DEPTH) {
      refused.push({ path: path.slice(0, -1), key: String(path.at(-1)), reason: 'depth' });
      return undefined;
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => translate(item, [...path, index], own));
    }
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      if (PROTOTYPE_KEYS.has(key)) {
        refused.push({ path, key, reason: 'prototype' });
      } else if (!own && !isWireName(key)) {
        refused.push({ path, key, reason: 'case' });
      } else {
        const name = own ? key : toCamelCase(key);
        entries.push([name, translate(item, [...path, name], own || UNTRANSLATED.has(name))]);
      }
    }
    return Object.fromEntries(entries);
  }

  return { value: translate(json, [], false), refused };
}

/** Translates the keys of a config in the camelCase form to what the wire has. */
export function toWire(config: unknown): unknown {
  function translate(value: unknown, own: boolean): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => translate(item, own));
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [
          own ? key : toSnakeCase(key),
          translate(item, own || UNTRANSLATED.has(key)),
        ]),
    );
  }
  return translate(config, false);
}

/** How a message names what was checked, and the page that has its keys. */
export interface Subject {
  readonly name: string;
  readonly page: string;
}

const JOB_CONFIG: Subject = { name: 'the config', page: 'docs/configuration.md' };

/**
 * Checks a config as it came over the wire and gives it its type.
 *
 * @param schema - of the camelCase form, strict objects, so that an unknown key is an error.
 * @throws JobError `CONFIG_INVALID` that lists everything that is wrong, one line each.
 */
export function parseConfig<T>(
  schema: ZodType<T>,
  json: unknown,
  { name, page }: Subject = JOB_CONFIG,
): T {
  const { value, refused } = fromWire(json);
  const result = schema.safeParse(value);
  if (result.success && refused.length === 0) return result.data;
  const lines = reportProblems(schema, value, result.error?.issues ?? [], refused);
  const [first] = lines;
  throw new JobError(
    'CONFIG_INVALID',
    lines.length === 1 && first !== undefined
      ? `${name} is not valid: ${first}`
      : `${name} has ${String(lines.length)} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`,
    { hint: `${page} has every key with its values and its default` },
  );
}
