import { valueAt } from './config-schema.ts';
import { redactConfig } from './redact.ts';
import { fromWire } from './wire.ts';
import { type ConfigPath, spellPath, toWirePath } from './wire-name.ts';

/** One value of a config as a run uses it. */
export interface ConfigValue {
  /** In wire spelling: `redshift_loader_config.table`. */
  readonly path: string;
  /** As JSON, secrets masked. */
  readonly value: string;
  /** Whether the config has it, or the schema's default filled it in. */
  readonly origin: 'config' | 'default';
}

/**
 * All values that a run uses, in the order of the schema.
 *
 * @param json - the config as it came over the wire.
 * @param parsed - what its schema made of it.
 */
export function configValues(json: unknown, parsed: unknown): readonly ConfigValue[] {
  const given = fromWire(json).value;
  return leavesOf(redactConfig(parsed), []).map(({ path, value }) => ({
    path: spellPath(toWirePath(path)),
    value: JSON.stringify(value),
    origin: valueAt(given, path) === undefined ? 'default' : 'config',
  }));
}

interface Leaf {
  readonly path: ConfigPath;
  readonly value: unknown;
}

function leavesOf(value: unknown, path: ConfigPath): readonly Leaf[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  const entries = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  if (entries.length === 0) return [{ path, value }];
  return entries.flatMap(([key, item]) => leavesOf(item, [...path, key]));
}
