import { Parser } from 'yargs/helpers';
import { JobError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { printable } from '../core/printable.ts';

export interface FlagNames {
  readonly values: readonly string[];
  readonly booleans: readonly string[];
}

export interface ScannedFlags {
  readonly values: ReadonlyMap<string, string>;
  readonly booleans: ReadonlySet<string>;
  readonly problems: readonly JobError[];
}

const CONFIGURATION = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'short-option-groups': false,
};

/**
 * Reads `--flag value` and `--flag=value`. The parser is lenient by nature; what it would let pass
 * (unknown and repeated flags, values of booleans, stray words) is found in its input and refused.
 */
export function scanFlags(argv: readonly string[], names: FlagNames): ScannedFlags {
  const parsed = Parser([...argv], {
    string: [...names.values],
    boolean: [...names.booleans],
    narg: Object.fromEntries(names.booleans.map((name) => [name, 0])),
    configuration: CONFIGURATION,
  });
  const known = [...names.values, ...names.booleans];
  // A word that begins with `--` is never taken as a value, so each of these is a flag.
  const flags = beforeEnd(argv).filter((word) => word.startsWith('--'));
  const given = flags.map((word) => word.slice(2).split('=', 1).join(''));

  const problems: JobError[] = [];
  const refuse = (message: string, hint?: string): void => {
    const options = hint === undefined ? {} : { hint };
    problems.push(new JobError('ARGUMENTS_INVALID', printable(message), options));
  };

  const short = beforeEnd(argv).filter((word) => /^-[^-\d]/.test(word));
  for (const word of [...new Set([...given.map((name) => `--${name}`), ...short])]) {
    const name = word.replace(/^-+/, '').split('=', 1).join('');
    if (word.startsWith('--') && known.includes(name)) continue;
    const near = nearest(name, known);
    refuse(
      `unknown flag ${word.split('=', 1).join('')}`,
      near === undefined ? '--help lists all flags' : `did you mean --${near}?`,
    );
  }
  for (const name of known) {
    if (given.filter((other) => other === name).length > 1) refuse(`--${name} is given twice`);
  }
  for (const name of names.booleans) {
    if (flags.some((word) => word.startsWith(`--${name}=`))) refuse(`--${name} takes no value`);
  }
  for (const word of parsed._.map(String)) refuse(...stray(word, names));

  const values = new Map<string, string>();
  for (const name of names.values) {
    const value: unknown = parsed[name];
    if (typeof value !== 'string') continue;
    if (value === '') refuse(`--${name} needs a value`);
    else values.set(name, value);
  }
  const booleans = new Set(names.booleans.filter((name) => given.includes(name)));
  return { values, booleans, problems };
}

function beforeEnd(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}

function stray(word: string, names: FlagNames): readonly [message: string, hint: string] {
  if (/^(true|false|yes|no|0|1)$/.test(word)) {
    return [
      `unexpected "${word}"`,
      `${names.booleans.map((name) => `--${name}`).join(', ')} take no value`,
    ];
  }
  // A piece of a torn config may hold a secret.
  if (/["'{}[\]:]/.test(word)) {
    return ['unexpected piece of JSON', 'put single quotes around the whole config'];
  }
  return [`unexpected "${word}"`, 'write --flag value, and quote a value that has spaces'];
}
