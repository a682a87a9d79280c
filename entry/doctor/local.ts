import { tmpdir } from 'node:os';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { EngineName } from '../../core/engine.ts';
import { type Finding, note, ok } from '../../core/finding.ts';
import { duckDbFindings, sparkFinding } from '../../jobs/doctor/engines.ts';
import { diskFinding, memoryFinding, nodeFinding } from '../../jobs/doctor/machine.ts';
import { type AwsFound, findAws } from '../../platforms/aws/identity.ts';
import { detectPlatform } from '../../platforms/detect.ts';
import type { SessionOptions } from '../../jobs/job.ts';
import type { Screen } from '../command.ts';
import { engineOpener, type Surroundings } from '../context.ts';
import { VERSION } from '../version.ts';
import { clockFinding } from './clock.ts';
import { configFileFindings } from './config-file.ts';
import { databricksFinding } from './databricks.ts';
import { type CheckedJob, jobFindings } from './job-check.ts';
import { storeFinding } from './store.ts';
import { toolFindings } from './tools.ts';
import type { FindingGroup } from './view.ts';

/** Somebody waits for it: what is not there within seconds is told as that. */
const PATIENCE = { openMs: 10_000, extensionsMs: 8_000 };

/**
 * All that is looked at on this machine, group by group as each is known. The groups work at the same
 * time; without a network each gives up by itself.
 */
export async function* localFindings(
  { surroundings, storePath }: Pick<Screen, 'surroundings' | 'storePath'>,
  job: CheckedJob | undefined,
  signal: AbortSignal,
): AsyncGenerator<FindingGroup> {
  const clock = surroundings.clock ?? systemClock;
  const aws = findAws(clock, signal).then((found) => ({ found, at: clock.now() }));
  const groups: readonly (readonly [string, Promise<readonly Finding[]>])[] = [
    ['programs', programs(surroundings, signal)],
    ['this machine', machine(surroundings, clock, aws, signal)],
    ['dray', own(surroundings, storePath)],
    ['credentials', credentials(surroundings, aws, signal)],
    ...(job === undefined ? [] : [['job', jobFindings(job, surroundings, signal)] as const]),
  ];
  // What fails before its turn is told at its turn.
  for (const [, findings] of groups) findings.catch(() => undefined);
  for (const [title, findings] of groups) yield { title, findings: await findings };
}

async function programs(
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const open = engineOpener(surroundings);
  const { clock = systemClock } = surroundings;
  const engines = {
    clock,
    openEngine: (engine: EngineName, options: SessionOptions, limited: AbortSignal) =>
      open(engine, { ...options, runId: 'doctor' }, limited),
  };
  const hasRemote = (surroundings.env['SPARK_REMOTE'] ?? '') !== '';
  const [duckDb, spark, tools] = await Promise.all([
    duckDbFindings(engines, PATIENCE, signal),
    hasRemote ? sparkFinding(engines, PATIENCE.openMs, signal) : undefined,
    toolFindings(surroundings),
  ]);
  return [
    ok('dray', VERSION),
    nodeFinding(),
    ...duckDb,
    spark ?? note('Spark', 'none named in SPARK_REMOTE', 'only bigdata needs one: dray spark up'),
    ...tools,
  ];
}

async function machine(
  surroundings: Surroundings,
  clock: Clock,
  aws: Promise<{ readonly found: AwsFound; readonly at: Date }>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { platform, evidence } = detectPlatform(surroundings.env);
  const { found, at } = await aws;
  const { serverTime: time } = found;
  const known = time === undefined ? undefined : { server: 'AWS', time, at };
  return [
    ok('platform', `${platform.toUpperCase()}: ${evidence}`),
    memoryFinding(),
    await diskFinding(tmpdir()),
    await clockFinding(surroundings, clock, known, signal),
  ];
}

async function own(
  surroundings: Surroundings,
  storePath: string | undefined,
): Promise<readonly Finding[]> {
  return [await storeFinding(surroundings, storePath), ...(await configFileFindings(surroundings))];
}

async function credentials(
  surroundings: Surroundings,
  aws: Promise<{ readonly found: AwsFound }>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const [{ found }, databricks] = await Promise.all([aws, databricksFinding(surroundings, signal)]);
  return [found.finding, databricks];
}
