import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { type JobError, messageOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { RemoteStatus } from '../../core/submitter.ts';
import type { RemoteLine } from '../../platforms/conclude.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import type { CommandContext } from '../command.ts';
import { dataDirOf, s3SettingsOf } from '../context.ts';
import type { Ear } from './ear.ts';
import type { Submitted } from './watch.ts';

const LIMIT_MS = 60_000;

export interface RemoteEnding {
  readonly status: RemoteStatus;
  readonly exitCode: number;
  readonly error: JobError | undefined;
  /** The job's own result line. */
  readonly line: RemoteLine | undefined;
}

/** Brings the record of a remote run to its end, so that it reads as that of a run here. */
export async function settle(
  { runId, attempt }: Submitted,
  ending: RemoteEnding,
  ear: Ear,
  context: CommandContext,
): Promise<void> {
  const { store, surroundings } = context;
  const { clock = systemClock } = surroundings;
  await ear.drain();
  const run = await store.getRun(runId);
  if (run?.attempt !== attempt) return;
  // What the run has told of its own end says more than its platform.
  if (ending.line === undefined && run.state !== 'RUNNING') return;
  const result = ending.line ?? bareResult(runId, attempt, ending);
  const engine = result['engine'];
  await store.settleRun({
    ...{ runId, attempt, state: stateOf(ending), at: clock.now().toISOString() },
    ...(typeof engine === 'string' ? { engine } : {}),
    result: { ...result, ...(await keptReport()) },
  });

  /** The report of the remote run as a file here. */
  async function keptReport() {
    const html = await ear.report();
    if (html === undefined) return {};
    const { env } = surroundings;
    const root = env['DRAY_REPORTS'] ?? join(dataDirOf(surroundings), 'reports');
    const storage = storageOpener(s3SettingsOf(env), clock)(root);
    const key = `${encodeURIComponent(runId)}.html`;
    try {
      await storage.write(key, html, AbortSignal.timeout(LIMIT_MS));
      return { report: storage.enginePath(key) };
    } catch (error) {
      context.err(printable(`the report of the run cannot be kept: ${messageOf(error)}`));
      return {};
    }
  }
}

function stateOf({ exitCode, status }: RemoteEnding): 'COMPLETED' | 'FAILED' | 'CANCELLED' {
  if (exitCode === 0) return 'COMPLETED';
  const isStopped = exitCode === 130 || exitCode === 143 || status.state === 'CANCELLED';
  return isStopped ? 'CANCELLED' : 'FAILED';
}

/** In place of the line that a run has not left. */
function bareResult(
  runId: string,
  attempt: number,
  { exitCode, error }: RemoteEnding,
): Readonly<Record<string, unknown>> {
  return {
    ...{ schema: 'dray.result/1', run_id: runId, attempt, exit_code: exitCode },
    ...(error === undefined
      ? {}
      : { error: { code: error.code, message: error.message, hint: error.hint ?? null } }),
  };
}
