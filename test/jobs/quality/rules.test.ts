import { systemClock } from '../../../core/clock.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openRowPlans } from '../../../engines/row/plan-session.ts';
import { rulesSuite } from './suite.ts';

const forever = new AbortController().signal;

rulesSuite('bulk', async () => openBulkPlans(await openBulkEngine({}, systemClock, forever)), {
  oneByOne: true,
});
rulesSuite('row', async () => openRowPlans(await openBulkEngine({}, systemClock, forever)), {
  oneByOne: true,
});
