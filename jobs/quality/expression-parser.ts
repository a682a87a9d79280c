/*
 * The language of the rule `expression`: comparisons, `and`, `or`, `not`, arithmetic, literals,
 * columns, `is null`, `in`, `between`. It is parsed here and compiled to the plan; nothing of it
 * reaches an engine as text.
 */

/** A place in the text, from 1, is where a message points. */
interface At {
  readonly at: number;
}
export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type Arithmetic = '+' | '-' | '*' | '/';

export type Ast = At &
  (
    | { readonly kind: 'number'; readonly text: string }
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'column'; readonly name: string }
    | { readonly kind: 'not' | 'negate'; readonly of: Ast }
    | { readonly kind: 'and' | 'or'; readonly left: Ast; readonly right: Ast }
    | { readonly kind: 'compare'; readonly op: Comparison; readonly left: Ast; readonly right: Ast }
    | {
        readonly kind: 'arithmetic';
        readonly op: Arithmetic;
        readonly left: Ast;
        readonly right: Ast;
      }
    | { readonly kind: 'isNull'; readonly of: Ast; readonly negated: boolean }
    | {
        readonly kind: 'in';
        readonly of: Ast;
        readonly values: readonly Ast[];
        readonly negated: boolean;
      }
    | {
        readonly kind: 'between';
        readonly of: Ast;
        readonly low: Ast;
        readonly high: Ast;
        readonly negated: boolean;
      }
  );

/** What is wrong with an expression, and at which character, from 1. */
export class ExpressionError extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(`at character ${String(at)}: ${message}`);
    this.name = 'ExpressionError';
    this.at = at;
  }
}

interface Token extends At {
  readonly kind: 'number' | 'text' | 'word' | 'name' | 'sign' | 'end';
  /** Of a word in lower case, of a text or a quoted name what is between its quotes. */
  readonly text: string;
}

const TOKEN =
  /(\s+)|(\d+(?:\.\d+)?)|'((?:[^']|'')*)'|((?:source\.|output\.)?"(?:[^"]|"")+")|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)|(<>|<=|>=|!=|==|[-+*/=<>(),])/suy;
const KEYWORDS = ['and', 'or', 'not', 'is', 'null', 'in', 'between', 'true', 'false'];
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  ...{ '=': '=', '==': '=', '!=': '<>', '<>': '<>' },
  ...{ '<': '<', '<=': '<=', '>': '>', '>=': '>=' },
};
/** Deeper than anybody writes, shallower than the stack. */
const DEEPEST = 100;

/** @throws ExpressionError where the text is no expression of the language. */
export function parseExpression(text: string): Ast {
  return new Parser(tokensOf(text)).whole();
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex + 1;
    const found = TOKEN.exec(text);
    if (found === null) {
      const odd = String.fromCodePoint(text.codePointAt(at - 1) ?? 32);
      const open = odd === "'" || odd === '"' ? ': a quote is not closed' : '';
      throw new ExpressionError(at, `${JSON.stringify(odd)} is not expected here${open}`);
    }
    const [, space, number, quoted, name, word, sign] = found;
    if (space !== undefined) continue;
    if (number !== undefined) tokens.push({ at, kind: 'number', text: number });
    else if (quoted !== undefined)
      tokens.push({ at, kind: 'text', text: quoted.replaceAll("''", "'") });
    else if (name !== undefined) tokens.push({ at, kind: 'name', text: unquoted(name) });
    else if (word === undefined) tokens.push({ at, kind: 'sign', text: sign ?? '' });
    else if (KEYWORDS.includes(word.toLowerCase()))
      tokens.push({ at, kind: 'word', text: word.toLowerCase() });
    else tokens.push({ at, kind: 'name', text: word });
  }
  return [...tokens, { at: text.length + 1, kind: 'end', text: '' }];
}

function unquoted(name: string): string {
  return name.replace(/"((?:[^"]|"")+)"$/su, (_, inner: string) => inner.replaceAll('""', '"'));
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Ast {
    const ast = this.#or();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw unexpected(rest, '"and", "or" or the end');
    return ast;
  }

  #or(): Ast {
    let left = this.#and();
    for (let at = this.#take('or'); at > 0; at = this.#take('or')) {
      left = { at, kind: 'or', left, right: this.#and() };
    }
    return left;
  }

  #and(): Ast {
    let left = this.#not();
    for (let at = this.#take('and'); at > 0; at = this.#take('and')) {
      left = { at, kind: 'and', left, right: this.#not() };
    }
    return left;
  }

  #not(): Ast {
    const at = this.#take('not');
    return at > 0 ? { at, kind: 'not', of: this.#deeper(() => this.#not()) } : this.#condition();
  }

  #condition(): Ast {
    const left = this.#sum();
    const op = COMPARISONS[this.#peek().text];
    if (op !== undefined && this.#peek().kind === 'sign') {
      const { at } = this.#advance();
      return { at, kind: 'compare', op, left, right: this.#sum() };
    }
    const is = this.#take('is');
    if (is > 0) {
      const negated = this.#take('not') > 0;
      this.#expect('null');
      return { at: is, kind: 'isNull', of: left, negated };
    }
    const negated = this.#take('not') > 0;
    const isIn = this.#take('in');
    if (isIn > 0) return { at: isIn, kind: 'in', of: left, values: this.#list(), negated };
    const between = this.#take('between');
    if (between > 0) {
      const low = this.#sum();
      this.#expect('and');
      return { at: between, kind: 'between', of: left, low, high: this.#sum(), negated };
    }
    if (negated) throw unexpected(this.#peek(), '"in" or "between"');
    return left;
  }

  #list(): readonly Ast[] {
    this.#expect('(');
    const values = [this.#sum()];
    while (this.#take(',') > 0) values.push(this.#sum());
    this.#expect(')');
    return values;
  }

  #sum(): Ast {
    return this.#chain(['+', '-'], () => this.#product());
  }

  #product(): Ast {
    return this.#chain(['*', '/'], () => this.#single());
  }

  #chain(signs: readonly Arithmetic[], operand: () => Ast): Ast {
    let left = operand();
    for (;;) {
      const op = signs.find((sign) => this.#peek().kind === 'sign' && this.#peek().text === sign);
      if (op === undefined) return left;
      const { at } = this.#advance();
      left = { at, kind: 'arithmetic', op, left, right: operand() };
    }
  }

  #single(): Ast {
    const token = this.#advance();
    const { at, kind, text } = token;
    if (kind === 'number' || kind === 'text') return { at, kind, text };
    if (kind === 'name') return { at, kind: 'column', name: text };
    if (kind === 'word' && (text === 'true' || text === 'false')) {
      return { at, kind: 'boolean', value: text === 'true' };
    }
    if (kind === 'sign' && text === '-') {
      return { at, kind: 'negate', of: this.#deeper(() => this.#single()) };
    }
    if (kind === 'sign' && text === '(') {
      const inner = this.#deeper(() => this.#or());
      this.#expect(')');
      return inner;
    }
    if (text === 'null') throw new ExpressionError(at, 'test for null with "is null"');
    throw unexpected(token, 'a column, a value or "("');
  }

  #deeper(work: () => Ast): Ast {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new ExpressionError(this.#peek().at, 'nested too deeply');
    const ast = work();
    this.#depth -= 1;
    return ast;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { at: 1, kind: 'end', text: '' };
  }

  #advance(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }

  /** Where the word or sign is, if it is the next one; 0: it is not. */
  #take(text: string): number {
    const token = this.#peek();
    const isIt = (token.kind === 'word' || token.kind === 'sign') && token.text === text;
    return isIt ? this.#advance().at : 0;
  }

  #expect(text: string): void {
    if (this.#take(text) === 0) throw unexpected(this.#peek(), JSON.stringify(text));
  }
}

function unexpected({ at, kind, text }: Token, expected: string): ExpressionError {
  const found = kind === 'end' ? 'the end' : JSON.stringify(text);
  return new ExpressionError(at, `expected ${expected}, found ${found}`);
}
