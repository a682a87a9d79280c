import { describeOnSpark } from '../../../engines/bigdata/on-spark.ts';
import { describeExtremes } from './suite.ts';

describeOnSpark('a load', (spark) => {
  describeExtremes('bigdata', () => spark.remote());
});
