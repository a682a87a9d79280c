import { describeExtremes } from './suite.ts';

describeExtremes('bulk');
describeExtremes('row');
