import type { core } from 'zod';
import { nearest } from './nearest.ts';
import { printable } from './printable.ts';
import { isSecretKey, redactText } from './redact.ts';
import type { ConfigPath } from './wire-name.ts';

const MAX_SHOWN = 80;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

/** What is wrong with one value: the rule, and the value unless it is a secret. */
export function describeIssue(issue: core.$ZodIssue, path: ConfigPath, value: unknown): string {
  const rule = ruleOf(issue);
  if (value === undefined) return `missing, ${rule}`;
  return `${rule}${shown(value, path)}${suggestion(issue, path, value)}`;
}

function ruleOf(issue: core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kind(issue.expected)}`;
    case 'invalid_value':
      return choice(issue.values);
    case 'invalid_union':
      return choicesOf(issue).length > 0 ? choice(choicesOf(issue)) : anyOf(issue.errors.flat());
    case 'too_small':
      return limit(
        issue.origin,
        issue.minimum,
        issue.inclusive === false ? 'more than' : 'at least',
      );
    case 'too_big':
      return limit(
        issue.origin,
        issue.maximum,
        issue.inclusive === false ? 'less than' : 'at most',
      );
    case 'not_multiple_of':
      return `must be a multiple of ${String(issue.divisor)}`;
    default:
      // A rule's own message, or zod's `Invalid string: must start with "jdbc:"`.
      return issue.message.replace(/^Invalid (string|input): /, '').replace(/^Invalid/, 'invalid');
  }
}

function kind(expected: string): string {
  return KINDS[expected] ?? expected;
}

/** The values a person can choose from: of an enumeration, or of a union's discriminator. */
function choicesOf(issue: core.$ZodIssue): readonly unknown[] {
  if (issue.code === 'invalid_value') return issue.values;
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options ?? []) : [];
}

function choice(values: readonly unknown[]): string {
  const spelled = values.map((value) => JSON.stringify(value));
  return spelled.length === 1
    ? `must be ${spelled.join('')}`
    : `must be one of ${spelled.join(', ')}`;
}

/** The first words of each branch, such as `must be text or a number`. */
function anyOf(issues: readonly core.$ZodIssue[]): string {
  const kinds = issues.map((issue) => ruleOf(issue).replace(/^must be /, ''));
  return kinds.length === 0 ? 'not valid' : `must be ${[...new Set(kinds)].join(' or ')}`;
}

function limit(origin: string, bound: number | bigint, words: string): string {
  switch (origin) {
    case 'string':
      if (bound === 1 && words === 'at least') return 'must not be empty';
      return `must have ${words} ${String(bound)} characters`;
    case 'array':
    case 'set':
    case 'map':
      return `must have ${words} ${String(bound)} ${bound === 1 ? 'entry' : 'entries'}`;
    default:
      return `must be ${words} ${String(bound)}`;
  }
}

function suggestion(issue: core.$ZodIssue, path: ConfigPath, value: unknown): string {
  const choices = choicesOf(issue);
  if (typeof value !== 'string' || isHidden(path) || choices.length < 2) return '';
  const near = nearest(
    value,
    choices.filter((candidate) => typeof candidate === 'string'),
  );
  return near === undefined ? '' : `, did you mean "${near}"?`;
}

function shown(value: unknown, path: ConfigPath): string {
  if (isHidden(path)) return ' (the value is not shown)';
  if (value === null) return ', got null';
  if (Array.isArray(value)) return value.length === 0 ? ', got an empty list' : ', got a list';
  if (typeof value === 'object') return ', got an object';
  if (typeof value !== 'string') return `, got ${JSON.stringify(value)}`;
  const text = redactText(value);
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return `, got ${printable(JSON.stringify(cut))}`;
}

function isHidden(path: ConfigPath): boolean {
  return path.some((part) => typeof part === 'string' && isSecretKey(part));
}
