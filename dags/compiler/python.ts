import { partsOf } from '../template.ts';
import { jinjaText } from './jinja.ts';

/** A value of a Python file. */
export type Py =
  | PyCall
  | { readonly code: string }
  /** `rendered`: Airflow renders it with Jinja. */
  | { readonly text: string; readonly rendered: boolean }
  | { readonly list: readonly Py[] }
  | { readonly dict: readonly (readonly [key: string, value: Py])[] }
  | number
  | boolean
  | null;

export interface PyCall {
  readonly call: string;
  readonly args: readonly (readonly [name: string, value: Py])[];
}

/** The line length of ruff and black. */
const WIDTH = 88;
const STEP = '    ';

export function code(text: string): Py {
  return { code: text };
}

export function call(
  name: string,
  args: Readonly<Record<string, Py | undefined>>,
  positional: readonly Py[] = [],
): PyCall {
  const named = Object.entries(args).filter(
    (entry): entry is [string, Py] => entry[1] !== undefined,
  );
  return { call: name, args: [...positional.map((value) => ['', value] as const), ...named] };
}

/** Plain data whose texts Airflow renders. */
export function rendered(value: unknown): Py {
  return data(value, true);
}

/** Plain data that Airflow leaves as it is. */
export function plain(value: unknown): Py {
  return data(value, false);
}

function data(value: unknown, isRendered: boolean): Py {
  if (typeof value === 'string') return { text: value, rendered: isRendered };
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return { list: value.map((item) => data(item, isRendered)) };
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return {
    dict: entries
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, data(item, isRendered)] as const),
  };
}

/**
 * Lays a value out as ruff does: on one line where it fits, else one entry on each line.
 *
 * @param taken - characters that the line has before and after the value.
 */
export function print(value: Py, indent: string, taken: number): string {
  const line = inline(value);
  if (indent.length + taken + line.length <= WIDTH) return line;
  const opened = exploded(value);
  if (opened === undefined) return line;
  const { open, entries, close } = opened;
  const inner = indent + STEP;
  const lines = entries.map(
    ([prefix, item]) => `${inner}${prefix}${print(item, inner, prefix.length + 1)},`,
  );
  return [open, ...lines, `${indent}${close}`].join('\n');
}

function inline(value: Py): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if ('code' in value) return value.code;
  if ('text' in value)
    return quoted(value.rendered ? jinjaText(value.text) : unrendered(value.text));
  const opened = exploded(value);
  if (opened === undefined) return '';
  const items = opened.entries.map(([prefix, item]) => `${prefix}${inline(item)}`);
  return `${opened.open}${items.join(', ')}${opened.close}`;
}

interface Exploded {
  readonly open: string;
  readonly entries: readonly (readonly [prefix: string, value: Py])[];
  readonly close: string;
}

function exploded(value: Py): Exploded | undefined {
  if (typeof value !== 'object' || value === null || 'code' in value || 'text' in value) {
    return undefined;
  }
  if ('list' in value) {
    return value.list.length === 0
      ? { open: '[', entries: [], close: ']' }
      : { open: '[', entries: value.list.map((item) => ['', item] as const), close: ']' };
  }
  if ('dict' in value) {
    const entries = value.dict.map(([key, item]) => [`${quoted(key)}: `, item] as const);
    return { open: '{', entries, close: '}' };
  }
  const entries = value.args.map(([name, item]) => [name === '' ? '' : `${name}=`, item] as const);
  return { open: `${value.call}(`, entries, close: ')' };
}

/** An expression has no place in what Airflow does not render. */
function unrendered(text: string): string {
  const found = partsOf(text).find((part) => 'expression' in part);
  if (found === undefined) return text;
  throw new RangeError(
    `Airflow renders nothing there, so no variable can be: ${JSON.stringify(text)}`,
  );
}

/** A literal in the quotes that need fewer escapes, as ruff chooses them. */
export function quoted(text: string): string {
  const doubles = text.split('"').length;
  const singles = text.split("'").length;
  const quote = doubles > singles ? "'" : '"';
  const body = text.replaceAll(/./gsu, (character) => escaped(character, quote));
  return `${quote}${body}${quote}`;
}

/** A docstring: its lines as they are. */
export function docText(text: string): string {
  const lines = text
    .trim()
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd().replaceAll(/./gsu, (character) => escaped(character, '')));
  const body = lines.join('\n').replaceAll('"""', '\\"\\"\\"');
  return lines.length > 1 ? `"""${body}\n"""` : `"""${body.replace(/"$/, '\\"')}"""`;
}

const NAMED: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};

function escaped(character: string, quote: string): string {
  if (character === quote) return `\\${character}`;
  const named = NAMED[character];
  if (named !== undefined) return named;
  // What nobody sees in an editor: controls, marks of direction, odd spaces.
  if (!/[\p{C}\p{Z}]/u.test(character) || character === ' ') return character;
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
