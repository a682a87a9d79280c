import { appendFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../core/clock.ts';
import { messageOf } from '../../../core/errors.ts';
import { printable } from '../../../core/printable.ts';
import type { Tell } from '../../../core/telemetry.ts';
import type { ResultLine } from '../../../jobs/result-line.ts';
import { storageOpener } from '../../../state/artifacts/open.ts';
import { s3SettingsOf, type Surroundings } from '../../context.ts';
import type { EntryOutput } from '../../generic-main.ts';
import type { Origin } from '../observe.ts';
import { openOutbox, type OutboxOptions } from '../outbox.ts';
import { atTheEnd, pipesMessage, whileRunning, type PipesMessage } from './messages.ts';
import { type MessagesPlace, type PipesContext, pipesParameters } from './parameters.ts';

/** What a run tells the Dagster that has started it. */
export interface PipesSession extends AsyncDisposable {
  readonly tell: Tell;
  /** What of Dagster's belongs into the record of the run. */
  readonly origin: Origin;
  hurry(): void;
  /** Tells the end; nothing is told after it. */
  close(line: ResultLine): void;
}

/**
 * Opens a session of Dagster Pipes, where Dagster has started this process. One that cannot be opened is
 * said, and keeps no run from working. Disposing it brings the rest away.
 */
export async function openPipes(
  argv: readonly string[],
  surroundings: Surroundings,
  output: EntryOutput,
  redact: (text: string) => string,
): Promise<PipesSession | undefined> {
  const say = (text: string): void => {
    output.stderr.write(`${printable(redact(text))}\n`);
  };
  try {
    const parameters = await pipesParameters(argv, surroundings);
    if (parameters === undefined) return undefined;
    const { context, messages } = parameters;
    const deliver = await delivery(messages, surroundings, output);
    const outbox = openOutbox<PipesMessage>({
      clock: surroundings.clock ?? systemClock,
      deliver,
      render: (items) => redact(items.map((item) => JSON.stringify(item)).join('\n')),
      dropped: (count) => {
        const message = `${String(count)} messages could not be kept`;
        return pipesMessage('log', { level: 'WARNING', message });
      },
      onLost(count, why) {
        say(`Dagster Pipes: ${String(count)} messages could not be written: ${why}`);
      },
    });
    outbox.put(pipesMessage('opened', { extras: {} }));
    return {
      origin: { type: 'dagster.run', data: recordOf(context) },
      tell(body) {
        const message = whileRunning(body);
        const key = body.kind === 'progress' ? `${body.step}/${body.part}` : undefined;
        if (message !== undefined) outbox.put(message, key);
      },
      hurry() {
        outbox.hurry();
      },
      close(line) {
        for (const message of atTheEnd(line, context)) outbox.put(message);
      },
      [Symbol.asyncDispose]: () => outbox[Symbol.asyncDispose](),
    };
  } catch (error) {
    say(`nothing is told to Dagster: ${messageOf(error)}`);
    return undefined;
  }
}

function recordOf(context: PipesContext): Origin['data'] {
  const { run_id, job_name, asset_keys, partition_key, retry_number } = context;
  return {
    ...{ run_id, asset_keys: asset_keys ?? [], retry_number },
    ...(job_name == null ? {} : { job_name }),
    ...(partition_key == null ? {} : { partition_key }),
  };
}

type Delivery = OutboxOptions<PipesMessage>['deliver'];

async function delivery(
  place: MessagesPlace,
  { env, clock = systemClock }: Surroundings,
  { stdout, stderr }: EntryOutput,
): Promise<Delivery> {
  if ('bucket' in place) {
    const { bucket, key_prefix: prefix } = place;
    const root = `s3://${bucket}${prefix ? `/${prefix}` : ''}`;
    const storage = storageOpener(s3SettingsOf(env), clock)(root);
    return (text, number, signal) => storage.write(`${String(number)}.json`, text, signal);
  }
  if ('path' in place) {
    const { path } = place;
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    // A volume of Databricks gets a file for each delivery, everything else one that grows.
    if (isFolder) {
      return (text, number) => writeFile(join(path, `${String(number)}.json`), text);
    }
    return (text) => appendFile(path, `${text}\n`);
  }
  const target =
    ('stdio' in place ? place.stdio : place.buffered_stdio) === 'stdout' ? stdout : stderr;
  return (text) => {
    target.write(`${text}\n`);
    return Promise.resolve();
  };
}
