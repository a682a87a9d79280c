/** Where in a config something is: keys and list positions from the top. */
export type ConfigPath = readonly (string | number)[];

/**
 * Lower-case words with `_` between them. A digit cannot follow `_`, so that every name has one
 * camelCase form and back.
 */
const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/;

/** Keys whose value is the user's own: nothing in it is translated. */
export const UNTRANSLATED: ReadonlySet<string | number> = new Set([
  'properties',
  'options',
  'headers',
  'tags',
  'labels',
  'annotations',
  'nodeSelector',
]);

export function isWireName(key: string): boolean {
  return SNAKE_CASE.test(key);
}

/** `jdbc_url` as TypeScript has it: `jdbcUrl`. */
export function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `jdbcUrl` as the wire has it: `jdbc_url`. */
export function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A path in the camelCase form, in wire spelling. */
export function toWirePath(path: ConfigPath): ConfigPath {
  const end = path.findIndex((part) => UNTRANSLATED.has(part));
  return path.map((part, index) =>
    typeof part === 'number' || (end >= 0 && index > end) ? part : toSnakeCase(part),
  );
}

/** A path of wire names as people write it: `redshift_loader_config.properties.user`, `rules[2]`. */
export function spellPath(path: ConfigPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${String(part)}]`;
      if (!/^[\w-]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

/** A key that no config can have; it is left out of the translated value. */
export interface RefusedKey {
  /** Of the object that has it, in the camelCase form. */
  readonly path: ConfigPath;
  readonly key: string;
  /** `case`: not snake_case. `prototype`: would reach into JavaScript. `depth`: too deep to read. */
  readonly reason: 'case' | 'prototype' | 'depth';
}
