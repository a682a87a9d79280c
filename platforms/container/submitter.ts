import { JobError } from '../../core/errors.ts';
import type { Submission, Submitter } from '../../core/submitter.ts';
import { dockerCli, firstLine } from './docker.ts';
import type { ContainerSettings } from './settings.ts';
import { type ContainerState, containerStatus } from './states.ts';

/** A call that has died may still be at work in the engine for so long. */
const SETTLE_MS = 5_000;
const TOKEN_LABEL = 'dray.token';
/** The result line is near the end of what a run prints. */
const LAST_LINES = '100';

/**
 * Runs an image on a Docker engine through its CLI. A container has a name made of the token, so that
 * the engine itself refuses a second one, and keeps it after its end: `docker rm` is for its owner.
 */
export function containerSubmitter(
  settings: ContainerSettings,
  env: Readonly<Record<string, string | undefined>>,
): Submitter & Disposable {
  const docker = dockerCli(settings.program, settings.host, env);

  async function inspect(id: string, signal: AbortSignal) {
    const format = '{"id":{{json .Id}},"state":{{json .State}}}';
    const { code, stdout, stderr } = await docker.run(
      ['container', 'inspect', '--format', format, id],
      signal,
    );
    if (code === 0) return JSON.parse(stdout) as { id: string; state: ContainerState };
    if (/no such container/i.test(stderr)) return undefined;
    throw failed(stderr);
  }

  return {
    name: 'Docker',
    settleMs: SETTLE_MS,

    requests: (submission) => [
      { operation: 'docker', body: createArguments(settings, submission) },
      { operation: 'docker', body: ['container', 'start', nameOf(submission)] },
    ],

    prepare: async (_, signal) => {
      const args = ['image', 'inspect', '--format', '{{.Id}}', settings.image];
      const { code } = await docker.run(args, signal);
      if (code === 0) return;
      const { code: pulled, stderr } = await docker.run(['pull', settings.image], signal, 600_000);
      if (pulled === 0) return;
      throw new JobError('SUBMIT_REFUSED', `image "${settings.image}": ${firstLine(stderr)}`, {
        hint: 'check name and tag, and docker login for a private registry',
      });
    },

    async start(submission, signal) {
      const created = await docker.run(createArguments(settings, submission), signal);
      if (created.code !== 0 && !/is already in use/i.test(created.stderr)) {
        return { refused: failed(created.stderr) };
      }
      const found = await inspect(nameOf(submission), signal);
      if (found === undefined) throw failed(`the container is gone: ${nameOf(submission)}`);
      // One that has been started before, and may have ended, must not start again.
      if (found.state.Status !== 'created') return { remoteId: found.id };
      const started = await docker.run(['container', 'start', found.id], signal);
      if (started.code === 0) return { remoteId: found.id };
      return { refused: failed(started.stderr) };
    },

    async find(token, _, signal) {
      const { code, stdout, stderr } = await docker.run(
        [
          ...['container', 'ls', '--all', '--no-trunc', '--format', '{{.ID}} {{.State}}'],
          ...['--filter', `label=${TOKEN_LABEL}=${token}`],
        ],
        signal,
      );
      if (code !== 0) throw failed(stderr);
      const [id = '', state] = firstLine(stdout).split(' ');
      // Made, but not started: the next call goes on from there.
      return id === '' || state === 'created' ? undefined : { remoteId: id };
    },

    async status(remoteId, signal) {
      const found = await inspect(remoteId, signal);
      if (found !== undefined) return containerStatus(found.state);
      throw new JobError('REMOTE_LOST', `there is no container "${remoteId}" any more`, {
        hint: 'somebody has removed it; a retry finds what it has loaded',
      });
    },

    async requestCancel(remoteId, signal) {
      const { stopGraceS } = settings;
      const args = ['container', 'stop', '--time', String(stopGraceS), remoteId];
      const { code, stderr } = await docker.run(args, signal, stopGraceS * 1000);
      if (code !== 0 && !/no such container/i.test(stderr)) throw failed(stderr);
    },

    async logs(remoteId, cursor, signal) {
      const since = cursor === undefined ? [] : ['--since', cursor];
      const args = ['container', 'logs', '--timestamps', ...since, remoteId];
      const { code, stderr } = await docker.run(args, signal);
      if (code !== 0) throw failed(stderr);
      // What people read; the other stream is the result line. `since` gives the last line again.
      const lines = stderr
        .split('\n')
        .map((line) => /^(\S+) ?(.*)$/.exec(line))
        .filter((found) => found !== null && (cursor === undefined || (found[1] ?? '') > cursor));
      const last = lines.at(-1)?.[1] ?? cursor ?? '';
      return {
        lines: lines.map((found) => found?.[2] ?? ''),
        ...(last === '' ? {} : { cursor: last }),
      };
    },

    async resultLine(remoteId, signal) {
      const args = ['container', 'logs', '--tail', LAST_LINES, remoteId];
      const { code, stdout, stderr } = await docker.run(args, signal);
      if (code !== 0) throw failed(stderr);
      return stdout.split('\n').findLast((line) => line.startsWith('{"schema":"dray.result/1"'));
    },

    [Symbol.dispose]: () => undefined,
  };
}

function nameOf({ token }: Submission): string {
  return `dray-${token}`;
}

function createArguments(
  { image, network, memoryMb, volumes, env }: ContainerSettings,
  submission: Submission,
): readonly string[] {
  const { runId, attempt, token, args } = submission;
  return [
    ...['container', 'create', '--name', nameOf(submission)],
    ...['--label', `${TOKEN_LABEL}=${token}`, '--label', `dray.run_id=${runId}`],
    ...['--label', `dray.attempt=${String(attempt)}`],
    ...(network === undefined ? [] : ['--network', network]),
    ...(memoryMb === undefined ? [] : ['--memory', `${String(memoryMb)}m`]),
    ...volumes.flatMap((volume) => ['--volume', volume]),
    ...env.flatMap((name) => ['--env', name]),
    image,
    ...args.flatMap(([flag, value]) => [`--${flag}`, ...(value === undefined ? [] : [value])]),
  ];
}

function failed(stderr: string): JobError {
  return new JobError('SUBMIT_REFUSED', `Docker: ${firstLine(stderr)}`, {
    hint: 'correct the settings; --print shows the commands',
  });
}
