import type { z } from 'zod';
import { reportProblems } from '../core/config-report.ts';
import { valueAt } from '../core/config-schema.ts';
import type { ConfigPath } from '../core/wire-name.ts';
import { hasTemplate } from './template.ts';

/** One of these is what any field of a platform's settings takes. */
const STAND_INS = [
  'text',
  's3://bucket/key',
  'j-0',
  '/Volumes/a/b/c/d.whl',
  'arn:aws:iam::123456789012:role/name',
  '0',
  '5.0',
  'emr-7.5.0',
  '/path',
];

/**
 * Checks values in the form of TypeScript, in which expressions of Airflow's stand for what is not
 * known yet.
 *
 * @param problem - is told each thing that is wrong.
 * @returns the values with their defaults; undefined when something is wrong.
 */
export function parseSettings<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  problem: (text: string) => void,
): z.output<Schema> | undefined {
  const unknown = templatesIn(given, []);
  let known = given;
  for (const path of unknown) {
    const fits = STAND_INS.map((text) => replaced(known, path, text)).find(
      (candidate) => !issuesOf(schema, candidate).some((issue) => samePath(issue.path, path)),
    );
    known = fits ?? known;
  }
  const read = schema.safeParse(known);
  if (!read.success) {
    reportProblems(schema, known, read.error.issues, []).forEach(problem);
    return undefined;
  }
  const value = unknown.reduce<unknown>(
    (result, path) => replaced(result, path, valueAt(given, path)),
    read.data,
  );
  return value as z.output<Schema>;
}

function issuesOf(schema: z.ZodType, value: unknown): readonly z.core.$ZodIssue[] {
  return schema.safeParse(value).error?.issues ?? [];
}

function samePath(a: readonly PropertyKey[], b: ConfigPath): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

function templatesIn(value: unknown, path: ConfigPath): readonly ConfigPath[] {
  if (typeof value === 'string') return hasTemplate(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  return entries.flatMap(([key, item]) => templatesIn(item, [...path, key]));
}

function replaced(value: unknown, [key, ...rest]: ConfigPath, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? replaced(item, rest, by) : item));
  }
  const inside = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...inside, [key]: replaced(inside[key], rest, by) };
}
