import { inflateSync } from 'node:zlib';
import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import type { Surroundings } from '../../context.ts';

/** What Dagster hands to a process that it has started, by environment or by arguments. */
const PIPES_VARIABLES = ['DAGSTER_PIPES_CONTEXT', 'DAGSTER_PIPES_MESSAGES'] as const;
/** The same as flags: jobs of Glue have no environment of their own. */
const PIPES_FLAGS = ['dagster-pipes-context', 'dagster-pipes-messages'] as const;

const MAX_BYTES = 4 * 1024 * 1024;

const stream = z.enum(['stdout', 'stderr']);
const inBucket = z.object({ bucket: z.string(), key_prefix: z.string().nullish() });

const contextPlace = z.union([
  z.object({ data: z.unknown() }),
  z.object({ path: z.string() }),
  z.object({ bucket: z.string(), key: z.string() }),
]);

const messagesPlace = z.union([
  z.object({ path: z.string() }),
  z.object({ stdio: stream }),
  z.object({ buffered_stdio: stream }),
  inBucket,
]);
export type MessagesPlace = z.output<typeof messagesPlace>;

/** What of the context a run has a use for. */
const contextSchema = z.object({
  asset_keys: z.array(z.string()).nullable(),
  partition_key: z.string().nullish(),
  run_id: z.string(),
  job_name: z.string().nullish(),
  retry_number: z.int().default(0),
  extras: z.record(z.string(), z.unknown()).nullish(),
});
export type PipesContext = z.output<typeof contextSchema>;

export interface PipesParameters {
  readonly context: PipesContext;
  readonly messages: MessagesPlace;
}

/**
 * What Dagster has asked for; undefined: it has not started this process.
 *
 * @throws JobError `ARGUMENTS_INVALID` for what is no Pipes parameter, or a place that is not known.
 * @see https://docs.dagster.io/guides/build/external-pipelines/dagster-pipes-details-and-customization
 */
export async function pipesParameters(
  argv: readonly string[],
  { env, readFile, readObject }: Surroundings,
): Promise<PipesParameters | undefined> {
  const [context, messages] = PIPES_VARIABLES.map(
    (name, index) => flagValue(argv, PIPES_FLAGS[index] ?? '') ?? env[name],
  );
  if (context === undefined && messages === undefined) return undefined;
  const where = parsed(contextPlace, decoded(context, 'context'), 'context');
  return {
    context: parsed(contextSchema, await content(where), 'context'),
    messages: parsed(messagesPlace, decoded(messages, 'messages'), 'messages'),
  };

  async function content(place: z.output<typeof contextPlace>): Promise<unknown> {
    if ('data' in place) return place.data;
    if ('path' in place) return JSON.parse(await readFile(place.path)) as unknown;
    const uri = `s3://${place.bucket}/${place.key}`;
    const bytes = await readObject(uri);
    if (bytes === undefined) throw invalid(`there is no ${uri}`);
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  }
}

function flagValue(argv: readonly string[], flag: string): string | undefined {
  const at = argv.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const word = argv[at];
  return word === `--${flag}` ? argv[at + 1] : word?.slice(`--${flag}=`.length);
}

/** base64 of zlib of JSON. */
function decoded(text: string | undefined, what: string): unknown {
  if (text === undefined) throw invalid(`there are no ${what}`);
  try {
    const bytes = inflateSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_BYTES });
    return JSON.parse(bytes.toString()) as unknown;
  } catch (error) {
    throw invalid(`the ${what} cannot be decoded`, error);
  }
}

function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  throw invalid(`the ${what} are not as dray knows them`, found.error);
}

function invalid(message: string, cause?: unknown): JobError {
  return new JobError('ARGUMENTS_INVALID', `Dagster Pipes: ${message}`, {
    hint: 'messages go to a file, a folder, S3, stdout or stderr: docs/telemetry.md',
    cause,
  });
}
