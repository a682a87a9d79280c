import { systemClock } from '../../core/clock.ts';
import { noFailpoints } from '../../core/failpoint.ts';
import { printable } from '../../core/printable.ts';
import { type Submitter, submitterBetweenFailpoints } from '../../core/submitter.ts';
import type { SubmitServices } from '../../platforms/submit-once.ts';
import type { CommandContext } from '../command.ts';
import type { Destination } from './platforms.ts';

/** What sending and following need, from what a command has. */
export function submitServices(
  submitter: Submitter,
  { waitForRoomMs }: Destination,
  context: CommandContext,
): SubmitServices {
  const { store, surroundings } = context;
  return {
    store,
    submitter: submitterBetweenFailpoints(submitter, surroundings.failpoints ?? noFailpoints),
    clock: surroundings.clock ?? systemClock,
    random: Math.random,
    note(_, message) {
      context.err(printable(message));
    },
    waitForRoomMs,
  };
}
