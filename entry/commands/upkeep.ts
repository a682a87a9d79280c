import { JobError } from '../../core/errors.ts';
import type { Compaction, Vacuumed } from '../../core/upkeep.ts';
import { keepUp, type Kept } from '../../jobs/upkeep.ts';
import { defineCommand } from '../command.ts';
import { count } from '../wording.ts';
import { findTargets, targetFlags, targetLine } from './targets.ts';

const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;

/** `dray optimize TARGET`: the small files of a table's partitions written together. */
export const optimize = defineCommand({
  usage: 'optimize [target]',
  summary: 'write the small files of Delta tables together; the rows stay as they are',
  flags: (yargs) =>
    targetFlags(yargs).option('target-mb', {
      type: 'number',
      describe:
        'files up to this size are put together, up to this size; default: what config or the table says, or 128',
    }),
  async run(args, context, signal) {
    const asked = args['target-mb'];
    const size =
      asked === undefined ? {} : { targetBytes: positive('--target-mb', asked) * MEGABYTE };
    const targets = await findTargets(args, context);
    const kept: Kept<Compaction>[] = [];
    for (const plan of targets.sinks) {
      const onFiles = (done: number, all: number) => {
        if (!args.json) context.err(`${plan.name}: ${count(done)} of ${count(all)} files written`);
      };
      kept.push(
        await keepUp(
          plan,
          targets.computation,
          targets.job,
          (upkeep) => upkeep.optimize({ ...size, onFiles }, signal),
          targets.context,
          signal,
        ),
      );
    }
    show(kept, args.json, targets.redactor, context, compactionLine);
    return 0;
  },
});

/** `dray vacuum TARGET`: files deleted that no reader within the retention needs. */
export const vacuum = defineCommand({
  usage: 'vacuum [target]',
  summary: 'delete files that Delta tables no longer need for time travel',
  flags: (yargs) =>
    targetFlags(yargs)
      .option('retain-hours', {
        type: 'number',
        describe:
          'how long files stay after they left the table; default: what the table says, or 168',
      })
      .option('dry-run', { type: 'boolean', default: false, describe: 'count, delete nothing' })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'accept a shorter retention than the table says',
      }),
  async run(args, context, signal) {
    const hours = args['retain-hours'];
    const retention =
      hours === undefined ? {} : { retentionMs: positive('--retain-hours', hours) * HOUR_MS };
    const { force, 'dry-run': dryRun } = args;
    const targets = await findTargets(args, context);
    const kept: Kept<Vacuumed>[] = [];
    for (const plan of targets.sinks) {
      kept.push(
        await keepUp(
          plan,
          targets.computation,
          targets.job,
          (upkeep) => upkeep.vacuum({ ...retention, force, dryRun }, signal),
          targets.context,
          signal,
        ),
      );
    }
    show(kept, args.json, targets.redactor, context, (done) => vacuumLine(done, dryRun));
    return 0;
  },
});

function show<Done extends Compaction | Vacuumed>(
  kept: readonly Kept<Done>[],
  json: boolean,
  redactor: { redact(text: string): string },
  context: { readonly color: boolean; out(text: string): void },
  lineOf: (done: Done) => string,
): void {
  const lines = json
    ? [
        JSON.stringify(
          kept.map(({ done, ...place }) => ({ ...place, ...wire(done) })),
          null,
          2,
        ),
      ]
    : kept.flatMap((each) => [
        targetLine(each, context.color),
        `  ${each.done === undefined ? `nothing to do: a ${each.kind} target needs no upkeep` : lineOf(each.done)}`,
      ]);
  for (const line of lines) context.out(redactor.redact(line));
}

function wire(done: Compaction | Vacuumed | undefined): Readonly<Record<string, unknown>> {
  if (done === undefined) return {};
  if ('retentionMs' in done) {
    const { files, bytes, logFiles, retentionMs } = done;
    return { files, bytes, log_files: logFiles, retention_hours: retentionMs / HOUR_MS };
  }
  const { filesBefore, filesAfter, bytesBefore, bytesAfter, written, version } = done;
  return {
    ...{ files_before: filesBefore, files_after: filesAfter, files_written: written },
    ...{ bytes_before: bytesBefore, bytes_after: bytesAfter, version: version ?? null },
  };
}

function compactionLine(done: Compaction): string {
  const { filesBefore, filesAfter, bytesBefore, bytesAfter, version } = done;
  if (version === undefined) return `nothing to do: ${files(filesBefore)}, none of them small`;
  return `${files(filesBefore)} are now ${files(filesAfter)}, ${size(bytesBefore)} are ${size(bytesAfter)}: version ${String(version)}`;
}

function vacuumLine(done: Vacuumed, dryRun: boolean): string {
  const { bytes, logFiles, retentionMs } = done;
  const deleted = dryRun ? 'would delete' : 'deleted';
  const hours = `${count(retentionMs / HOUR_MS)} h`;
  return `${deleted} ${files(done.files)}, ${size(bytes)}, and ${files(logFiles)} of the log: unneeded for ${hours}`;
}

function files(number: number): string {
  return `${count(number)} ${number === 1 ? 'file' : 'files'}`;
}

function size(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

function positive(flag: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new JobError('ARGUMENTS_INVALID', `${flag} is no number above 0`, {
    hint: `write for example ${flag} 168`,
  });
}
