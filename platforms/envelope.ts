import { createHash } from 'node:crypto';
import { JobError } from '../core/errors.ts';
import type { OpenStorage } from '../core/storage.ts';

export const ENVELOPE_TARGETS = [
  'databricks',
  'glue',
  'emr',
  'emr-serverless',
  'container',
  'kubernetes',
  'local',
] as const;
/** What the arguments go through on their way to the job. */
export type EnvelopeTarget = (typeof ENVELOPE_TARGETS)[number];

interface Way {
  /** What something on the way replaces in an argument; absent: nothing does. */
  readonly replaced?: RegExp;
  /** Bytes that all arguments together may have, each with quotes and a comma around it. */
  readonly totalBytes?: number;
}

/** Linux's MAX_ARG_STRLEN, without the byte at the end: the launcher starts Node with each of them. */
const ARGUMENT_BYTES = 131_071;

/**
 * In YARN's container commands `{{` becomes `$`, and `}}` and `<CPS>` something else as well. Spark quotes
 * for one shell, while there are two: what the outer one takes for special is lost, too.
 */
const YARN = /\{\{|\}\}|<CPS>|[\\`]/;
/** Airflow's: expressions, statements, comments. */
const JINJA = /\{[{%#]/;

/**
 * @see https://docs.databricks.com/api/workspace/jobs/submit - 10,000 bytes; `{{job.id}}` and its like
 * @see https://docs.aws.amazon.com/emr/latest/APIReference/API_HadoopJarStepConfig.html - 10,280 characters
 * @see https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/ -
 *   `$(NAME)`, and `$$` for a `$`
 */
const WAYS: Readonly<Record<EnvelopeTarget, Way>> = {
  // The name of the field counts: {"notebook_params":...}.
  databricks: { replaced: /\{\{/, totalBytes: 9_980 },
  // Glue says of no limit; what the others take is safe.
  glue: { totalBytes: 10_000 },
  emr: { replaced: YARN, totalBytes: 10_280 },
  'emr-serverless': { replaced: YARN, totalBytes: 10_280 },
  container: {},
  kubernetes: { replaced: /\$[($]/ },
  local: {},
};

export interface SealOptions {
  readonly target: EnvelopeTarget;
  /** All other arguments and the flag of the config: they count against the platform's limit. */
  readonly others: readonly string[];
  /** Airflow renders the arguments first. */
  readonly jinja?: boolean;
  /** Puts a config where the job can read it and returns its `s3://` URI; absent: there is no such place. */
  readonly upload?: (content: Uint8Array, sha256: string) => Promise<string>;
}

export interface Envelope {
  /** The value of `--<job>_job`; entry/config-envelope.ts opens it. */
  readonly text: string;
  readonly form: 'json' | 'base64url' | 'object';
  /** Of the object, where it is one. */
  readonly uri?: string;
}

/**
 * Puts a job's config into the form that arrives unchanged: JSON, which people can read, where nothing
 * on the way would change it; else base64url; else, when that is too long, an object in S3 with its hash.
 *
 * @param config - as it is on the wire.
 * @throws JobError `CONFIG_INVALID` when it is too large and `upload` is absent.
 */
export async function sealConfig(config: unknown, options: SealOptions): Promise<Envelope> {
  const { target, jinja = false, upload } = options;
  const { replaced } = WAYS[target];
  const json = JSON.stringify(config);
  const ascii = json.replace(/[\u007f-\uffff]/g, escaped);
  const isSafe = !(replaced?.test(ascii) ?? false) && !(jinja && JINJA.test(ascii));
  if (isSafe && fits(ascii, options)) return { text: ascii, form: 'json' };

  const content = Buffer.from(json);
  const encoded = `base64url:${content.toString('base64url')}`;
  if (fits(encoded, options)) return { text: encoded, form: 'base64url' };

  if (upload === undefined) {
    const message = `a config of ${String(content.length)} bytes is too large for the arguments of ${target}`;
    throw new JobError('CONFIG_INVALID', message, {
      hint: 'name a folder in S3 that the job can read: the setting "artifacts"',
    });
  }
  const sha256 = createHash('sha256').update(content).digest('hex');
  const uri = await upload(content, sha256);
  return { text: `@${uri}#sha256=${sha256}`, form: 'object', uri };
}

/**
 * Refuses arguments that something on the way would change, or that are too long together. Configs are
 * sealed for that; what people name freely is not.
 *
 * @param others - words beside them that count against the platform's limit.
 * @throws JobError `ARGUMENTS_INVALID`.
 */
export function assertArrives(
  target: EnvelopeTarget,
  args: readonly string[],
  others: readonly string[],
): void {
  const { replaced, totalBytes = Number.POSITIVE_INFINITY } = WAYS[target];
  const changed = args.find((word) => replaced?.test(word) ?? false);
  if (changed !== undefined) {
    throw new JobError('ARGUMENTS_INVALID', `on its way to ${target} "${changed}" would change`, {
      hint: 'leave out what is special there: {{ and }}, backslashes, backticks',
    });
  }
  const bytes = Buffer.byteLength(JSON.stringify([...others, ...args]));
  if (bytes > totalBytes) {
    const message = `the arguments have ${String(bytes)} bytes, and ${target} takes ${String(totalBytes)}`;
    throw new JobError('ARGUMENTS_INVALID', message, {
      hint: 'shorten the config, or the properties and jars of the settings',
    });
  }
}

/** Arguments pass for what they are even where somebody guesses another encoding. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function fits(text: string, { target, others }: SealOptions): boolean {
  if (text.length > ARGUMENT_BYTES) return false;
  const { totalBytes = Number.POSITIVE_INFINITY } = WAYS[target];
  return Buffer.byteLength(JSON.stringify([...others, text])) <= totalBytes;
}

/**
 * Uploads configs below a folder of a bucket, each under the name of its hash, so that none is ever
 * replaced by another one.
 *
 * @param folder - `s3://bucket/prefix`.
 * @throws JobError `CONFIG_INVALID` for a folder elsewhere.
 */
export function uploadTo(
  openStorage: OpenStorage,
  folder: string,
  signal: AbortSignal,
): NonNullable<SealOptions['upload']> {
  if (!/^s3a?:\/\//i.test(folder)) {
    throw new JobError('CONFIG_INVALID', `configs are not uploaded to "${folder}"`, {
      hint: 'name a folder as s3://bucket/prefix',
    });
  }
  return async (content, sha256) => {
    const uri = configUri(folder, sha256);
    // Where it exists already, its name says that it is the same.
    await openStorage(folder).create(configKey(sha256), content, signal);
    return uri;
  };
}

/** Where {@link uploadTo} puts a config. */
export function configUri(folder: string, sha256: string): string {
  return `${folder.replace(/\/+$/, '')}/${configKey(sha256)}`;
}

function configKey(sha256: string): string {
  return `config-${sha256}.json`;
}
