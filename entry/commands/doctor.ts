import { JobError } from '../../core/errors.ts';
import { JOB_NAMES } from '../../jobs/registry.ts';
import { defineStoreless, type Screen } from '../command.ts';
import { openStore } from '../context.ts';
import { localFindings } from '../doctor/local.ts';
import { remoteFindings } from '../doctor/remote.ts';
import { doctorJson, type FindingGroup, groupLines, verdictLine } from '../doctor/view.ts';
import { isSubmitPlatform, SUBMIT_PLATFORMS } from '../submit/platforms.ts';
import { noPlatform } from './submit.ts';

const LIST = { type: 'array', string: true } as const;

/** `dray doctor [PLATFORM]`: what is fit, what is missing, and how to get it. */
export const doctor = defineStoreless({
  usage: 'doctor [platform]',
  summary: 'look whether this machine, or a platform, is fit to run jobs',
  flags: (yargs) =>
    yargs
      .positional('platform', {
        type: 'string',
        describe: `send a probe there: ${SUBMIT_PLATFORMS.join(', ')} (default: look here)`,
      })
      .option('config', {
        type: 'string',
        describe: "a job's config: checks its source, sinks and secrets too, as --dry_run does",
      })
      .option('job', { type: 'string', describe: 'job of --config, where there are several' })
      .option('env', { type: 'string', describe: 'environment of dray.config.ts' })
      .option('settings', { type: 'string', describe: "the platform's settings: file or JSON" })
      .option('path', { ...LIST, describe: 'of a probe: folder to write, read and delete in' })
      .option('host', { ...LIST, describe: 'of a probe: host:port to connect to' })
      .option('table', { ...LIST, describe: 'of a probe: Delta table whose features to read' })
      .option('engine', { ...LIST, describe: 'of a probe: engines to open (default: all)' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  async run(args, screen, signal) {
    const { platform, config, json } = args;
    const probe = { paths: args.path, hosts: args.host, tables: args.table, engines: args.engine };
    const given = Object.entries(probe).flatMap(([key, values]) =>
      values === undefined ? [] : [[key, values] as const],
    );
    if (platform === undefined) {
      refuse(given.length > 0 || args.env !== undefined || args.settings !== undefined, PLATFORMS);
      const store = screen.storePath === undefined ? {} : { store: screen.storePath };
      const job = config === undefined ? undefined : { config, job: jobOf(args.job), ...store };
      return await shown(localFindings(screen, job, signal), json, screen);
    }
    if (!isSubmitPlatform(platform)) throw noPlatform(platform);
    refuse(config !== undefined || args.job !== undefined, HERE);
    await using store = await openStore(screen.surroundings, screen.storePath);
    const { env, settings } = args;
    const asked = { platform, env, settings, config: Object.fromEntries(given) };
    const groups = await remoteFindings(asked, { ...screen, store }, signal);
    return await shown(groups, json, screen);
  },
});

const PLATFORMS = '--path, --host, --table, --engine, --env and --settings are for a platform';
const HERE = '--config and --job are for this machine: a platform is probed without a job';

function refuse(isWrong: boolean, why: string): void {
  if (!isWrong) return;
  throw new JobError('ARGUMENTS_INVALID', why, { hint: 'dray doctor --help explains them' });
}

function jobOf(named: string | undefined): string {
  const job = named ?? (JOB_NAMES.length === 1 ? JOB_NAMES[0] : undefined);
  if (job !== undefined) return job;
  throw new JobError('ARGUMENTS_INVALID', '--job is missing', {
    hint: `jobs: ${JOB_NAMES.join(', ')}`,
  });
}

/** Shows each group as it comes; the exit code is 0 when nothing is red. */
async function shown(
  groups: AsyncIterable<FindingGroup> | Iterable<FindingGroup>,
  json: boolean,
  screen: Screen,
): Promise<number> {
  const all: FindingGroup[] = [];
  for await (const group of groups) {
    all.push(group);
    if (!json) for (const line of groupLines(group, screen)) screen.out(line);
  }
  if (json) screen.out(JSON.stringify(doctorJson(all), null, 2));
  else screen.out(verdictLine(all, screen.color));
  const isWell = all.every(({ findings }) => findings.every(({ verdict }) => verdict !== 'red'));
  return isWell ? 0 : 1;
}
