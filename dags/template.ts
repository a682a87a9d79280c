import { JobError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** Private characters around an expression, so that no text of people's is taken for one. */
const OPEN = '\uE000jinja:';
const CLOSE = '\uE001';

/** A Jinja expression, without its braces, as a part of a text. Airflow renders it when the task runs. */
export function template(expression: string): string {
  return `${OPEN}${expression}${CLOSE}`;
}

/** The value of an Airflow variable, read when the task runs. Not for secrets: write those as `secret://...`. */
export function variable(name: string): string {
  if (/^[\w.-]+$/.test(name)) return template(`var.value.get(${JSON.stringify(name)})`);
  throw new JobError('CONFIG_INVALID', printable(`no variable of Airflow is called "${name}"`), {
    hint: 'use letters, digits, and _ . -',
  });
}

export function hasTemplate(text: string): boolean {
  return text.includes(OPEN);
}

export type Part = { readonly literal: string } | { readonly expression: string };

/** A text as what it says itself, and the expressions in it. */
export function partsOf(text: string): readonly Part[] {
  return text
    .split(/(\uE000jinja:[^\uE001]*\uE001)/)
    .filter((part) => part !== '')
    .map((part) =>
      part.startsWith(OPEN) ? { expression: part.slice(OPEN.length, -1) } : { literal: part },
    );
}
