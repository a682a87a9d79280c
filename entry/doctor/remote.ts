import { z } from 'zod';
import { type Clock, systemClock } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import { type Finding, note, ok, red } from '../../core/finding.ts';
import type { SubmissionRecord } from '../../core/submission-store.ts';
import { createJob } from '../../jobs/factory.ts';
import type { CommandContext } from '../command.ts';
import { sent } from '../commands/submit.ts';
import { newRunId } from '../run-id.ts';
import { type Destination, destinationOf, type SubmitPlatform } from '../submit/platforms.ts';
import { settingsFor } from '../submit/settings.ts';
import type { FindingGroup } from './view.ts';

const JOB = 'doctor';

export interface Probe {
  readonly platform: SubmitPlatform;
  readonly env: string | undefined;
  readonly settings: string | undefined;
  /** In wire spelling. */
  readonly config: Readonly<Record<string, readonly string[]>>;
}

const finding = z.union([
  z.object({ name: z.string(), text: z.string(), verdict: z.literal('ok') }),
  z.object({
    ...{ name: z.string(), text: z.string(), verdict: z.literal('note') },
    fix: z.string().optional(),
  }),
  z.object({ name: z.string(), text: z.string(), verdict: z.literal('red'), fix: z.string() }),
]);
const resultSchema = z.object({ findings: z.array(finding) });

/**
 * Sends the probe to a platform as any other run, waits for its end, and gives what it has found.
 *
 * @throws JobError for all that keeps a run from being sent.
 */
export async function remoteFindings(
  { platform, env, settings: given, config }: Probe,
  context: CommandContext,
  signal: AbortSignal,
): Promise<readonly FindingGroup[]> {
  const { surroundings } = context;
  createJob(JOB, config);
  const settings = await settingsFor(platform, { env, given }, surroundings);
  const destination = destinationOf(platform, settings, JOB, surroundings.env);
  await assertAnswers(destination, surroundings.clock ?? systemClock);
  const runId = newRunId(JOB, (surroundings.clock ?? systemClock).now());
  // Where it is, the probe finds out by itself.
  const details = { job: JOB, config, force: false, createdBy: 'dray doctor' };
  const record = await sent(details, { runId, attempt: 1 }, destination, true, context, signal);
  return [{ title: `${platform}, as run ${runId} has seen it`, findings: findingsOf(record) }];
}

/** A probe whose answer nobody can read would cost its minute for nothing. */
async function assertAnswers(destination: Destination, clock: Clock): Promise<void> {
  const { platform, resultPrefix } = destination;
  if (resultPrefix !== undefined) return;
  using submitter = await destination.open(clock);
  if (submitter.resultLine !== undefined) return;
  throw new JobError('CONFIG_INVALID', `the settings for ${platform} have no "result_prefix"`, {
    hint: 'name a folder that the probe may write to and this machine may read: its answer comes there',
  });
}

function findingsOf(record: SubmissionRecord): readonly Finding[] {
  const { platform, runId, exitCode, message = 'it has left no result line', result } = record;
  const found = resultSchema.safeParse(result);
  if (!found.success) {
    const fix = `dray submissions show ${runId}; then look at the run's log on ${platform}`;
    return [red('probe', `exit code ${String(exitCode)}: ${message}`, fix)];
  }
  return found.data.findings.map((one) => {
    if (one.verdict === 'red') return red(one.name, one.text, one.fix);
    return one.verdict === 'ok' ? ok(one.name, one.text) : note(one.name, one.text, one.fix);
  });
}
