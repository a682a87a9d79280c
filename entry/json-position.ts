/** Where a text stops being JSON. JSON.parse often says it without a position, or quotes the text. */
export interface JsonFault {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly expected: string;
  /** The character there; undefined at the end of the text. */
  readonly found: string | undefined;
}

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;
// A control character cannot stand in a JSON text as it is.
const STRING_BODY = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** The first fault of a text that JSON.parse refuses; undefined when it finds none. */
export function findJsonFault(text: string): JsonFault | undefined {
  let at = 0;
  let fault: JsonFault | undefined;

  /** Steps over what the pattern matches here; false when it does not. */
  function take(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  }

  function takeCharacter(character: string): boolean {
    take(SPACE);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }

  function fail(expected: string): false {
    const before = text.slice(0, at).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    fault = { line: before.length, column, expected, found: text[at] };
    return false;
  }

  function string(what: string): boolean {
    take(SPACE);
    if (!take(STRING_BODY)) return fail(what);
    if (text[at] === '"') {
      at += 1;
      return true;
    }
    if (text[at] === '\\') return fail('an escape such as \\n, \\" or \\u00e9');
    return fail(at === text.length ? 'a closing "' : 'a closing ", or \\n for a line break');
  }

  function list(close: string, item: () => boolean): boolean {
    if (takeCharacter(close)) return true;
    do {
      if (!item()) return false;
    } while (takeCharacter(','));
    return takeCharacter(close) || fail(`"," or "${close}"`);
  }

  function value(): boolean {
    if (takeCharacter('{')) {
      return list('}', () => {
        if (!string('a key in double quotes')) return false;
        return takeCharacter(':') ? value() : fail('":"');
      });
    }
    if (takeCharacter('[')) return list(']', value);
    if (text[at] === '"') return string('text');
    return take(SCALAR) || fail('a value');
  }

  if (value()) {
    take(SPACE);
    if (at < text.length) fail('nothing more');
  }
  return fault;
}
