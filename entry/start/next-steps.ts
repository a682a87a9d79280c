import { relative } from 'node:path';
import type { RunResult } from '../../jobs/runner.ts';
import type { Paint } from '../terminal/format.ts';
import { isReused } from '../terminal/summary.ts';
import type { DemoPlaces } from './demo-config.ts';

interface Demo {
  readonly root: string;
  readonly places: DemoPlaces;
  readonly server: { readonly port: number; readonly user: string; readonly database: string };
  /** Postgres goes on running. */
  readonly keep: boolean;
}

const COMMAND_WIDTH = 34;

/** What a newcomer can do after a run; commands are for a shell in the project's folder. */
export function nextSteps(result: RunResult, demo: Demo, paint: Paint): string {
  const { root, places, server } = demo;
  const config = relative(root, places.config);
  const command = (text: string, meaning: string): string =>
    `  ${paint('accent', text.padEnd(COMMAND_WIDTH))}${meaning}`;
  const lookInside = [
    `    npm run dray -- run load_promos --config ${config} --from 2017-06-05 --to 2017-06-12`,
    `    PGPASSWORD=$(cat ${relative(root, places.passwordFile)}) psql -h 127.0.0.1 -p ${String(server.port)} -U ${server.user} ${server.database}`,
  ].map((line) => paint('accent', line));
  const again = isReused(result.outcome)
    ? command('npm start -- --force', 'load all of it once more; the targets end up the same')
    : command('npm start', 'once more: nothing is loaded twice');
  return [
    ...(isReused(result.outcome)
      ? [
          'The three targets held exactly these rows already, each with a record of the load, so this run',
          'read the records, counted the rows and loaded nothing.',
          '',
        ]
      : []),
    paint('strong', 'What to try next'),
    again,
    command('npm start -- --week 24', 'one week, 2017-06-05 to 2017-06-12, into the same targets'),
    command('npm run dray -- runs list', 'all runs so far'),
    command('npm test', 'prove that all of it works'),
    ...(demo.keep
      ? ['', paint('strong', `Postgres is on port ${String(server.port)} until you press Ctrl-C.`)]
      : [
          command('npm start -- --keep', 'the same, and Postgres, which has stopped now, stays up'),
          '',
        ]),
    `${demo.keep ? 'In' : 'With --keep, in'} a second terminal:`,
    ...lookInside,
    '',
    `The config of this run is in ${config}; everything it made is below .dray/.`,
    '',
  ].join('\n');
}
