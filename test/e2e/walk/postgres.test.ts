import { postgresGround } from './server-grounds.ts';
import { describeWalk } from './suite.ts';

describeWalk([
  {
    ...{ sink: 'POSTGRES', storage: 'a server', needsAws: false },
    ground: ({ world }) => postgresGround(world),
  },
]);
