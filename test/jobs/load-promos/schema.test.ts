import { systemClock } from '../../../core/clock.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { openRowPlans } from '../../../engines/row/plan-session.ts';
import { schemaSuite } from './schema-suite.ts';

const forever = new AbortController().signal;

schemaSuite('bulk', async () => openBulkPlans(await openBulkEngine({}, systemClock, forever)));
schemaSuite('row', async () => openRowPlans(await openBulkEngine({}, systemClock, forever)));
