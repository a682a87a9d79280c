import { problemOf, type Verification, verifyTarget } from '../../jobs/verify.ts';
import { defineCommand } from '../command.ts';
import { findTargets, targetFlags } from './targets.ts';
import { ofRun, verificationJson, verificationLines } from './verify-view.ts';

/** Exit code of a target that does not hold what its ledger says. */
const WRONG = 4;

/** `dray verify RUN|TARGET`: the targets' rows against their ledgers. */
export const verify = defineCommand({
  usage: 'verify [target]',
  summary: 'count and hash what the targets hold, against their ledgers; write nothing',
  flags: targetFlags,
  async run(args, context, signal) {
    const targets = await findTargets(args, context);
    const { computation, runId, redactor } = targets;
    const found: Verification[] = [];
    for (const sink of targets.sinks) {
      const whole = await verifyTarget(sink, computation, targets.job, targets.context, signal);
      found.push(runId === undefined ? whole : ofRun(whole, runId));
    }
    const { partitionBy } = computation.transform.contract;
    if (args.json) {
      context.out(redactor.redact(JSON.stringify(found.map(verificationJson), null, 2)));
    } else {
      const lines = found.flatMap((each) => verificationLines(each, partitionBy, context, runId));
      for (const line of lines) context.out(redactor.redact(line));
    }
    const isWrong = found.some(({ partitions }) =>
      partitions.some((each) => problemOf(each) !== undefined),
    );
    return isWrong ? WRONG : 0;
  },
});
