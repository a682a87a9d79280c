import { createHash } from 'node:crypto';
import { ERROR_CODES, JobError, messageOf, toJobError } from '../core/errors.ts';
import { findJsonFault, type JsonFault } from './json-position.ts';

export interface EnvelopeReader {
  readFile(path: string): Promise<string>;
  /** Reads an object by its `s3://` URI; undefined when there is none. */
  readObject(uri: string): Promise<Uint8Array | undefined>;
}

const OTHER_FORMS = 'pass the config as @FILE or base64url:TEXT';

/** Opens what a flag such as `--config` names: an envelope, or the path of a file. */
export async function openConfig(
  given: string,
  io: EnvelopeReader,
  flag = '--config',
): Promise<unknown> {
  const text = /^(\s*\{|@|base64url:)/.test(given) ? given : `@${given}`;
  return await openEnvelope(flag, text, io);
}

/**
 * Opens the envelope that a job's config comes in: JSON text, `@FILE`, `@s3://BUCKET/KEY#sha256=HEX`,
 * or `base64url:TEXT`, which nothing on the way (a shell, Jinja, YARN) can change.
 *
 * @param flag - for messages, such as `--load_promos_job`.
 * @returns the JSON object as it is on the wire.
 * @throws JobError `CONFIG_INVALID`, without a piece of the config since it may hold a secret;
 *   `NOT_SUPPORTED` for a scheme other than `s3:`.
 */
export async function openEnvelope(
  flag: string,
  text: string,
  io: EnvelopeReader,
): Promise<unknown> {
  if (text.startsWith('@')) return await fromFile(flag, text.slice(1), io);
  if (text.startsWith('base64url:')) {
    return parseObject(`${flag} (base64url)`, decode(flag, text.slice('base64url:'.length)));
  }
  return parseObject(flag, text);
}

async function fromFile(flag: string, path: string, io: EnvelopeReader): Promise<unknown> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1];
  if (scheme !== undefined && /^s3a?$/i.test(scheme)) return await fromObject(flag, path, io);
  if (scheme !== undefined) {
    throw new JobError('NOT_SUPPORTED', `${flag}: a config from ${scheme}:// is not built yet`, {
      hint: OTHER_FORMS,
    });
  }
  let text: string;
  try {
    text = await io.readFile(path);
  } catch (error) {
    throw new JobError('CONFIG_INVALID', `${flag}: "${path}" cannot be read: ${messageOf(error)}`, {
      hint: 'name a JSON file that can be read here',
      cause: error,
    });
  }
  return parseObject(`${flag}: "${path}"`, text.replace(/^\ufeff/, ''));
}

/** The hash, where one is given, says that the object is the one that the sender has put there. */
async function fromObject(flag: string, given: string, io: EnvelopeReader): Promise<unknown> {
  const [uri = '', hash] = given.split('#');
  const [, expected] = /^sha256=([0-9a-f]{64})$/i.exec(hash ?? '') ?? [];
  if (hash !== undefined && expected === undefined) {
    throw new JobError('CONFIG_INVALID', `${flag}: "#${hash}" is no SHA-256`, {
      hint: 'write @s3://bucket/key#sha256= and 64 hexadecimal digits, or nothing after the key',
    });
  }
  let bytes: Uint8Array | undefined;
  try {
    bytes = await io.readObject(uri);
  } catch (error) {
    const { code, message, hint } = toJobError(error);
    // What another try may help with stays so.
    if (ERROR_CODES[code].retryable) throw error;
    const options = { cause: error, ...(hint === undefined ? {} : { hint }) };
    throw new JobError('CONFIG_INVALID', `${flag}: "${uri}" cannot be read: ${message}`, options);
  }
  if (bytes === undefined) {
    throw new JobError('CONFIG_INVALID', `${flag}: there is no "${uri}"`, {
      hint: 'check bucket and key',
    });
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (expected !== undefined && found !== expected.toLowerCase()) {
    const message = `${flag}: "${uri}" changed after it was sent: its SHA-256 is ${found}, not ${expected}`;
    throw new JobError('CONFIG_INVALID', message, {
      hint: 'somebody replaced the object, or the hash is that of another one: send the run again',
    });
  }
  return parseObject(`${flag}: "${uri}"`, new TextDecoder().decode(bytes));
}

function decode(flag: string, text: string): string {
  const hint = 'encode the UTF-8 text of the JSON in base64url, in one piece';
  if (!/^[\w-]+=*$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
    throw new JobError('CONFIG_INVALID', `${flag} is not base64url`, { hint });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64url'));
  } catch (error) {
    const message = `${flag} is not UTF-8 text in base64url`;
    throw new JobError('CONFIG_INVALID', message, { hint, cause: error });
  }
}

function parseObject(source: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The cause is left out: V8 quotes the text in its message.
    throw notJson(source, text);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
  throw new JobError('CONFIG_INVALID', `${source} is not a JSON object but ${found}`, {
    hint: 'the config of a job looks like {"extractor_config": {...}, ...}',
  });
}

function notJson(source: string, text: string): JobError {
  const fault = findJsonFault(text);
  const where =
    fault === undefined
      ? ''
      : `: expected ${fault.expected} at line ${String(fault.line)}, column ${String(fault.column)}`;
  return new JobError('CONFIG_INVALID', `${source} is not JSON${where}`, {
    hint: hintFor(text, fault),
  });
}

function hintFor(text: string, fault: JsonFault | undefined): string {
  if (text.trim() === '') return `give JSON, or ${OTHER_FORMS}`;
  if (fault?.found === '/' || fault?.found === '#') return 'JSON has no comments';
  if (fault?.found === "'") return 'JSON has double quotes around keys and text';
  if (text.includes('{') && !text.includes('"')) {
    return `the shell has removed the double quotes: put single quotes around the JSON, or ${OTHER_FORMS}`;
  }
  if (fault?.found === undefined || fault.found === '$') {
    return `the text seems cut: YARN and Jinja take braces away, ${OTHER_FORMS} there`;
  }
  if (fault.found === '}' || fault.found === ']') return 'JSON has no comma after the last entry';
  return `correct the JSON there, or ${OTHER_FORMS} if something on the way changes it`;
}
