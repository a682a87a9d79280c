import { z } from 'zod';
import { defineNotifier } from '../../core/strategy.ts';

/** Tells nobody. The run's record and its outcome line say what happened all the same. */
export const noopNotifier = defineNotifier({
  config: z.strictObject({ notificationService: z.literal('NOOP') }),
  notify: () => Promise.resolve(),
});
