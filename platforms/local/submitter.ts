import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';
import type { RemoteStatus, Submission, Submitter } from '../../core/submitter.ts';
import { beganAt, startKept } from './process.ts';
import { exitedStatus, LOCAL_STATES } from './states.ts';

/** A machine that takes longer to start a shell has other worries. */
const START_MS = 10_000;

interface Kept {
  readonly pid: number;
  readonly began: string;
}

/**
 * Runs a command on this machine that outlives who has submitted it. Each attempt has a folder named by
 * its token, with the process (number and when it began), what it prints, and its exit code.
 */
export function localSubmitter(
  command: readonly string[],
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Submitter & Disposable {
  const file = async (token: string, name: string) => await contentOf(join(folder, token, name));

  async function kept(token: string): Promise<Kept | undefined> {
    const [, pid, began] = /^(\d+) (.+)\n$/.exec((await file(token, 'pid')) ?? '') ?? [];
    return pid === undefined || began === undefined ? undefined : { pid: Number(pid), began };
  }

  async function isAlive({ pid, began }: Kept): Promise<boolean> {
    // Numbers of processes are used again.
    return (await beganAt(pid)) === began.trim();
  }

  async function exited(token: string): Promise<RemoteStatus | undefined> {
    // Without its end of line it is not written yet, or the disk was full.
    const [, code] = /^(\d+)\n$/.exec((await file(token, 'exit')) ?? '') ?? [];
    return code === undefined ? undefined : exitedStatus(Number(code));
  }

  return {
    name: 'this machine',
    settleMs: START_MS,

    requests: (submission) => [{ operation: 'start', body: [...command, ...wordsOf(submission)] }],

    prepare: async ({ token }) => {
      try {
        await mkdir(join(folder, token), { recursive: true });
      } catch (error) {
        throw new JobError('SUBMIT_REFUSED', `"${folder}": ${messageOf(error)}`, {
          hint: 'set "folder" to one that can be written',
          cause: error,
        });
      }
    },

    async start(submission) {
      const { token } = submission;
      try {
        const words = [...command, ...wordsOf(submission)];
        await startKept(join(folder, token), words, env, START_MS);
      } catch (error) {
        throw new JobError('PLATFORM_UNAVAILABLE', `the process: ${messageOf(error)}`, {
          hint: 'submit the same run again',
          cause: error,
        });
      }
      return { remoteId: token };
    },

    find: async (token) => {
      return (await file(token, 'pid')) === undefined ? undefined : { remoteId: token };
    },

    async status(remoteId) {
      const before = await exited(remoteId);
      if (before !== undefined) return before;
      if ((await file(remoteId, 'pid')) === undefined) {
        throw new JobError('REMOTE_LOST', `"${join(folder, remoteId)}" is gone`, {
          hint: 'somebody has removed it; a retry finds what was loaded',
        });
      }
      const process = await kept(remoteId);
      if (process === undefined) return { ...LOCAL_STATES.starting, platformState: 'starting' };
      if (await isAlive(process)) return { ...LOCAL_STATES.running, platformState: 'running' };
      // It may have ended between the two questions.
      const message = 'killed, or the machine was started again';
      return (await exited(remoteId)) ?? { ...LOCAL_STATES.gone, platformState: 'gone', message };
    },

    async requestCancel(remoteId) {
      const found = await kept(remoteId);
      if (found === undefined || !(await isAlive(found))) return;
      try {
        // The whole group: the keeper only waits.
        process.kill(-found.pid, 'SIGTERM');
      } catch (error) {
        if (systemCodeOf(error) !== 'ESRCH') throw error;
      }
    },

    async logs(remoteId, cursor = '0') {
      const text = ((await file(remoteId, 'stderr')) ?? '').slice(Number(cursor));
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      const lines = whole.split('\n').slice(0, -1);
      return { lines, cursor: String(Number(cursor) + whole.length) };
    },

    async resultLine(remoteId) {
      const text = (await file(remoteId, 'stdout')) ?? '';
      return text.split('\n').findLast((line) => line.startsWith('{"schema":"dray.result/1"'));
    },

    [Symbol.dispose]: () => undefined,
  };
}

function wordsOf({ args }: Submission): readonly string[] {
  return args.flatMap(([flag, value]) => [`--${flag}`, ...(value === undefined ? [] : [value])]);
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw new JobError('SUBMIT_REFUSED', `"${path}": ${messageOf(error)}`, {
      hint: 'make the file readable',
      cause: error,
    });
  }
}
