import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { JobError, systemCodeOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { findRoot } from '../../platforms/package/contents.ts';
import { type Execution, startGlueTwin } from '../../platforms/twins/glue.ts';
import { defineStoreless, type Screen } from '../command.ts';
import { dataDirOf, type Surroundings } from '../context.ts';
import { runScript } from '../twin/script.ts';

const SCRIPT = '/generic_entry.py';
const REGION = 'us-east-1';

/** `dray twin glue`: an AWS Glue on this machine that runs what is submitted to it. */
export const twinGlue = defineStoreless({
  usage: 'twin glue',
  summary: 'serve an AWS Glue on this machine, which runs what is submitted, until Ctrl-C',
  flags: (yargs) =>
    yargs
      .option('port', { type: 'number', default: 0, describe: 'its port (default: a free one)' })
      .option('python', {
        type: 'string',
        default: 'python3',
        describe: 'interpreter of the scripts; with pyspark, they start Spark',
      }),
  async run({ port, python }, screen, signal) {
    if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) {
      throw new JobError('ARGUMENTS_INVALID', '--port is not a port', { hint: 'such as 4566' });
    }
    const root = await builtRoot();
    const executions = new Set<Execution>();
    await using twin = await served(port, (script, argv) => {
      const execution = execute(script, argv, root, python, screen);
      executions.add(execution);
      void execution.ended.finally(() => executions.delete(execution));
      return execution;
    });
    screen.err('a Glue of your own is ready; Ctrl-C ends it. In another terminal:');
    for (const [name, value] of Object.entries(variables(twin.endpoint, screen.surroundings))) {
      screen.out(`export ${name}='${value}'`);
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    if (executions.size > 0) screen.err(`stopping ${String(executions.size)} runs`);
    for (const execution of executions) execution.stop();
    await Promise.all([...executions].map(({ ended }) => ended));
    return 0;
  },
});

async function served(port: number, run: Parameters<typeof startGlueTwin>[0]['execute']) {
  try {
    const execution = run === undefined ? {} : { execute: run };
    return await startGlueTwin({ clock: systemClock, port, ...execution });
  } catch (error) {
    if (systemCodeOf(error) !== 'EADDRINUSE') throw error;
    throw new JobError('ARGUMENTS_INVALID', `port ${String(port)} is taken`, {
      hint: 'name another one, or none: a free one is found then',
      cause: error,
    });
  }
}

/** The run as Glue would start it; what it prints is shown with the last digits of its id. */
function execute(
  script: string,
  argv: readonly string[],
  root: string,
  python: string,
  screen: Screen,
): Execution {
  const id = argv[argv.indexOf('--JOB_RUN_ID') + 1] ?? '';
  const say = (text: string) => {
    screen.err(printable(`${id.slice(0, 11)} | ${text}`));
  };
  if (!script.endsWith(SCRIPT)) {
    say(`this twin runs dray's generic_entry.py alone, not ${script}`);
    return { ended: Promise.resolve(1), stop: () => undefined };
  }
  const { surroundings } = screen;
  let rest = '';
  const execution = runScript(argv, {
    ...{ root, python },
    env: {
      ...{ DRAY_NODE: process.execPath, GLUE_VERSION: '5.0' },
      // The run's own folder is empty.
      DRAY_EXTENSIONS: join(dataDirOf(surroundings), 'extensions'),
      ...surroundings.env,
    },
    onOutput(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(say);
    },
  });
  const ended = execution.ended.then((code) => {
    if (rest !== '') say(rest);
    say(`exit code ${String(code)}`);
    return code;
  });
  return { ...execution, ended };
}

/** What leads dray, boto3 and everything else that AWS has made here. */
function variables(endpoint: string, { env }: Surroundings): Readonly<Record<string, string>> {
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const hasCredentials = isSet('AWS_ACCESS_KEY_ID') || isSet('AWS_PROFILE');
  return {
    AWS_ENDPOINT_URL_GLUE: endpoint,
    ...(isSet('AWS_REGION') || isSet('AWS_DEFAULT_REGION') ? {} : { AWS_REGION: REGION }),
    ...(hasCredentials ? {} : { AWS_ACCESS_KEY_ID: 'twin', AWS_SECRET_ACCESS_KEY: 'twin' }),
  };
}

/** The twin runs the launcher and the bundle of the checkout that it is in. */
async function builtRoot(): Promise<string> {
  const root = await findRoot(import.meta.dirname);
  const parts = ['entry/launcher/generic_entry.py', 'dist/generic-entry.mjs'];
  const missing = parts.find((part) => root === undefined || !existsSync(join(root, part)));
  if (root !== undefined && missing === undefined) return root;
  throw new JobError('BUNDLE_MISSING', `dray twin needs a built checkout: no ${missing ?? ''}`, {
    hint: 'run it in a checkout after npm run build: npm run dray -- twin glue',
  });
}
