import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { defineCommand } from '../command.ts';
import { dataDirOf } from '../context.ts';
import { startSparkServer } from '../spark-server.ts';

/** `dray spark up`: a Spark for development, as the launcher starts it on a platform. */
export const sparkUp = defineCommand({
  usage: 'spark up',
  summary: 'start Spark on this machine and keep it until Ctrl-C',
  flags: (yargs) =>
    yargs
      .option('port', { type: 'number', describe: 'port of Spark Connect (default: a free one)' })
      .option('spark-version', { type: 'string', describe: 'of those prepared (default: newest)' })
      .option('python', { type: 'string', describe: 'an interpreter that has pyspark' })
      .option('verbose', { type: 'boolean', default: false, describe: 'show what Spark prints' }),
  async run({ port, python, verbose, 'spark-version': version }, context, signal) {
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
      throw new JobError('ARGUMENTS_INVALID', '--port is not a port', { hint: 'such as 15002' });
    }
    const { env } = context.surroundings;
    const spark =
      python === undefined
        ? prepared(join(dataDirOf(context.surroundings), 'spark'), version)
        : { python };
    context.err('starting Spark');
    await using server = await startSparkServer(
      {
        ...spark,
        ...(port === undefined ? {} : { port }),
        env,
        onLog(text) {
          if (verbose) context.output.stderr.write(text);
        },
      },
      signal,
    );
    context.err(`Spark ${server.version} is ready; Ctrl-C stops it. In another terminal:`);
    context.out(`export SPARK_REMOTE='${server.remote}'`);
    const aborted = new Promise<'aborted'>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve('aborted');
      });
    });
    if ((await Promise.race([aborted, server.ended])) === 'aborted') {
      context.err('stopping Spark');
      return 0;
    }
    throw new JobError('ENGINE_FAILED', 'Spark has ended by itself', {
      hint: 'start it with --verbose to see why',
    });
  },
});

/** Versions of Spark that `node scripts/spark.mjs` has put below `folder`, newest first. */
export function preparedVersions(folder: string): readonly string[] {
  const found = existsSync(folder) ? readdirSync(folder) : [];
  return found
    .filter((name) => existsSync(join(folder, name, 'stamp.sha256')))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

function prepared(folder: string, version: string | undefined) {
  const whole = preparedVersions(folder);
  const chosen = version === undefined ? whole[0] : whole.find((name) => name === version);
  if (chosen === undefined) {
    const what = version === undefined ? 'Spark' : `Spark "${printable(version)}"`;
    throw new JobError('SPARK_MISSING', `${what} is not prepared in "${folder}"`, {
      hint: [
        ...(whole.length === 0 ? [] : [`prepared: ${whole.join(', ')}`]),
        'node scripts/spark.mjs prepares it; --python names an interpreter that has pyspark',
      ].join('; '),
    });
  }
  const python = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  return {
    python: join(folder, chosen, 'venv', python),
    jars: join(folder, chosen, 'jars'),
  };
}
