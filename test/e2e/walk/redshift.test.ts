import { redshiftGround } from './server-grounds.ts';
import { describeWalk } from './suite.ts';

describeWalk([
  {
    ...{ sink: 'REDSHIFT', storage: 'a double', needsAws: true },
    ground: ({ world, aws }) => redshiftGround(world, aws().s3, aws().double),
  },
]);
