import { diskGround, s3Ground } from './grounds.ts';
import { describeWalk } from './suite.ts';

const sink = 'DELTA';

describeWalk([
  { sink, storage: 'disk', needsAws: false, ground: ({ world }) => diskGround(world, sink) },
  {
    sink,
    storage: 'S3',
    needsAws: true,
    ground: ({ world, aws }) => s3Ground(world, aws().s3, sink),
  },
]);
