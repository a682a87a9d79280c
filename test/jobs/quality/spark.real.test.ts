import { describe } from '@jest/globals';
import { openBigdataPlans } from '../../../engines/bigdata/plan-session.ts';
import { describeOnSpark } from '../../engines/bigdata/on-spark.ts';
import { schemaSuite } from '../load-promos/schema-suite.ts';
import { rulesSuite } from './suite.ts';

describeOnSpark('rules', (spark) => {
  describe('on the engine', () => {
    rulesSuite('bigdata', async () => openBigdataPlans(await spark.open()), { oneByOne: false });
    schemaSuite('bigdata', async () => openBigdataPlans(await spark.open()));
  });
});
