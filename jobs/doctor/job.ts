import { tmpdir } from 'node:os';
import { type Finding, note, ok } from '../../core/finding.ts';
import { findAws } from '../../platforms/aws/identity.ts';
import { defineJob, type JobContext, type JobOutcome } from '../job.ts';
import { type DoctorConfig, doctorConfig } from './config.ts';
import { duckDbFindings, sparkFinding } from './engines.ts';
import { diskFinding, memoryFinding, nodeFinding } from './machine.ts';
import { hostFinding } from './network.ts';
import { storageFinding } from './storage.ts';
import { tableFinding } from './table.ts';

/** The platform's side of `dray doctor PLATFORM`: a probe that loads nothing. */
export const doctor = defineJob({
  name: 'doctor',
  summary: 'look at the machine that a platform gives a job, and at what it reaches',
  config: doctorConfig,
  steps: ['machine', 'network', 'storage', 'engines'],

  async executeJob(context, config, signal) {
    const findings = [
      ...(await context.step('machine', () => machine(context))),
      ...(await context.step('network', () => network(config, context, signal))),
      ...(await context.step('storage', () => storage(config, context, signal))),
      ...(await context.step('engines', () => engines(config, context, signal))),
    ];
    return outcomeOf(findings);
  },
});

async function machine({ platform, platformEvidence }: JobContext): Promise<readonly Finding[]> {
  return [
    ok('platform', `${platform.toUpperCase()}: ${platformEvidence}`),
    nodeFinding(),
    memoryFinding(),
    await diskFinding(tmpdir()),
  ];
}

async function network(
  { hosts }: DoctorConfig,
  { clock }: JobContext,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const [aws, ...others] = await Promise.all([
    findAws(clock, signal).then(({ finding }) => finding),
    ...hosts.map((host) => hostFinding(host, clock, signal)),
  ]);
  return [aws, ...others];
}

async function storage(
  { paths }: DoctorConfig,
  { openStorage }: JobContext,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return await Promise.all(paths.map((path) => storageFinding(path, openStorage, signal)));
}

async function engines(
  { engines: asked, tables }: DoctorConfig,
  context: JobContext,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const patience = { openMs: 30_000, extensionsMs: 60_000 };
  const found: Finding[] = [];
  if (asked.some((engine) => engine !== 'bigdata')) {
    found.push(...(await duckDbFindings(context, patience, signal)));
  }
  if (asked.includes('bigdata')) {
    found.push(
      context.hasSpark
        ? await sparkFinding(context, 60_000, signal)
        : note('Spark', 'none within reach: the engine bigdata does not run here'),
    );
  }
  for (const table of tables) found.push(await tableFinding(table, context, signal));
  return found;
}

/** There is no load to tell of. */
function outcomeOf(findings: readonly Finding[]): JobOutcome {
  return {
    ...{ engine: 'row', engineReason: 'a probe loads nothing', source: 'this machine', findings },
    counts: { read: 0, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 },
    contract: { columns: [], key: [], partitionBy: '', validity: { from: '', to: '' } },
    ...{ sinks: [], rules: [], partitions: [], warnings: [], extraColumns: [], schemaChanges: [] },
  };
}
