import type { core } from 'zod';
import { describeIssue } from './config-issue.ts';
import { keysAt, valueAt } from './config-schema.ts';
import { nearest } from './nearest.ts';
import { printable } from './printable.ts';
import { type ConfigPath, type RefusedKey, spellPath, toWirePath } from './wire-name.ts';

/**
 * What is wrong with a config, one line per problem: the path in wire spelling, the rule, the value
 * (never a secret), and for an unknown key or choice the nearest known one.
 *
 * @param value - the camelCase form that `issues` are about.
 */
export function reportProblems(
  schema: core.$ZodType,
  value: unknown,
  issues: readonly core.$ZodIssue[],
  refused: readonly RefusedKey[],
): readonly string[] {
  const meant = new Set<string>();

  function unknownKey(path: ConfigPath, spelled: string): string {
    const known = keysAt(schema, value, path).map((key) => wireKey(path, key));
    const near = nearest(spelled, known);
    const where = spell([...toWirePath(path), spelled]);
    if (near !== undefined) {
      meant.add(spell([...toWirePath(path), near]));
      return `${where}: unknown key, did you mean "${near}"?`;
    }
    return `${where}: unknown key${known.length === 0 ? '' : `; known here: ${known.join(', ')}`}`;
  }

  const keys = [
    ...refused.map(({ path, key, reason }) => {
      if (reason === 'case') return unknownKey(path, key);
      const where = spell([...toWirePath(path), key]);
      return `${where}: ${reason === 'depth' ? 'nested too deeply' : 'a key of this name is not allowed'}`;
    }),
    ...issues.flatMap((issue) => {
      if (issue.code !== 'unrecognized_keys') return [];
      const path = toPath(issue.path);
      return issue.keys.map((key) => unknownKey(path, wireKey(path, key)));
    }),
  ];
  const values = issues
    .flatMap((issue) => (issue.code === 'unrecognized_keys' ? [] : flatten(issue, [])))
    .map((found) => ({ ...found, where: spell(toWirePath(found.path)) }))
    // `jdbcurl` is unknown and `jdbc_url` missing: one mistake, said once.
    .filter(({ path, where }) => !(meant.has(where) && valueAt(value, path) === undefined))
    .map(({ issue, path, where }) => {
      const text = describeIssue(issue, path, valueAt(value, path));
      return where === '' ? text : `${where}: ${text}`;
    });
  return [...new Set([...keys, ...values])];
}

/** A union's issue as those of the branch that fits best: one that complains only deeper inside. */
function flatten(
  issue: core.$ZodIssue,
  above: ConfigPath,
): readonly { readonly issue: core.$ZodIssue; readonly path: ConfigPath }[] {
  const path = [...above, ...toPath(issue.path)];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  const branch = issue.errors.find((issues) => issues.every((inside) => inside.path.length > 0));
  if (branch === undefined || branch.length === 0) return [{ issue, path }];
  return branch.flatMap((inside) => flatten(inside, path));
}

function wireKey(path: ConfigPath, key: string): string {
  return String(toWirePath([...path, key]).at(-1));
}

function toPath(path: readonly PropertyKey[]): ConfigPath {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

function spell(path: ConfigPath): string {
  return printable(spellPath(path));
}
