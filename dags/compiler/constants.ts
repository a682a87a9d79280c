import type { Envelope } from '../../platforms/envelope.ts';
import { runIdOf, tokenOf } from './arguments.ts';
import { jinjaText } from './jinja.ts';
import { code, plain, print, type Py, quoted } from './python.ts';

const SEPARATORS = 'separators=(",", ":")';

const FORMS = {
  json: `def as_json(config):
    return json.dumps(config, ${SEPARATORS})`,
  base64url: `def as_base64url(config):
    """Braces, quotes and backslashes would not get to the job as they are."""
    text = json.dumps(config, ${SEPARATORS}).encode()
    return "base64url:" + base64.urlsafe_b64encode(text).decode().rstrip("=")`,
} as const;

/** What a file says once, at its top: the ids of runs, and configs as people read them. */
export class Constants {
  readonly #lines = new Map<string, string>();
  readonly #references = new Map<string, Py>();
  readonly #forms = new Set<keyof typeof FORMS>();
  /** Modules that the constants need. */
  readonly modules = new Set<string>();

  constructor() {
    for (const isMapped of [false, true]) {
      const end = isMapped ? '_OF_EACH' : '';
      this.#references.set(runIdOf({ isMapped }), code(`RUN_ID${end}`));
      this.#references.set(tokenOf({ isMapped }), code(`TOKEN${end}`));
    }
  }

  /** @param name - in capitals, free in the file. */
  addConfig(name: string, { text, form }: Envelope, config: unknown): void {
    // The object is where arguments say: no text of it is here.
    if (form === 'object') return;
    this.#forms.add(form);
    this.modules.add('json');
    if (form === 'base64url') this.modules.add('base64');
    this.#lines.set(name, `${name} = ${print(plain(config), '', name.length + 3)}`);
    this.#references.set(text, code(`as_${form}(${name})`));
  }

  /** A value with names in the place of texts that the file has as constants. */
  named(value: Py): Py {
    if (typeof value !== 'object' || value === null || 'code' in value) return value;
    if ('text' in value) return this.#textNamed(value);
    if ('list' in value) return { list: value.list.map((item) => this.named(item)) };
    if ('dict' in value) {
      return { dict: value.dict.map(([key, item]) => [key, this.named(item)] as const) };
    }
    return { ...value, args: value.args.map(([key, item]) => [key, this.named(item)] as const) };
  }

  #textNamed(value: Extract<Py, { readonly text: string }>): Py {
    const found = this.#references.get(value.text);
    if (found === undefined) return value;
    const name = 'code' in (found as object) ? (found as { readonly code: string }).code : '';
    if (/^[A-Z_]+$/.test(name)) {
      this.#lines.set(name, `${name} = ${quoted(jinjaText(value.text))}`);
    }
    return found;
  }

  /** Statements at the top of the file; functions come with two empty lines before them. */
  statements(): readonly string[] {
    const isId = (name: string) => /^(RUN_ID|TOKEN)(_OF_EACH)?$/.test(name);
    const ids = [...this.#lines].filter(([name]) => isId(name));
    const configs = [...this.#lines].filter(([name]) => !isId(name));
    const forms = (['json', 'base64url'] as const).filter((form) => this.#forms.has(form));
    return [
      ...(ids.length === 0
        ? []
        : [
            ids
              .map(([, line]) => line)
              .sort()
              .join('\n'),
          ]),
      ...configs.map(([, line]) => line),
      ...forms.map((form) => `\n\n${FORMS[form]}`),
    ];
  }
}
