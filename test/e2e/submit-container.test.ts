import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { bundleProgram } from '../../platforms/package/bundle.ts';
import { docker, images, withoutDocker } from '../images/docker.ts';
import type { SubmitPlace } from './submit-place.ts';
import { describeSubmitted } from './submitted-suite.ts';
import { openWorld, ROOT, type World } from './world.ts';

const IMAGE = images?.job ?? '';

(withoutDocker === '' ? describe : describe.skip)(`submitted to Docker${withoutDocker}`, () => {
  let world: World;
  let source: string;
  let failing: string;
  let failpoints: Readonly<Record<string, string>> | undefined;

  beforeAll(async () => {
    world = await openWorld();
    source = await world.smallSource();
    failing = join(world.folder, 'failing-entry.mjs');
    const program = 'test/e2e/failing-entry.ts';
    await bundleProgram({ root: ROOT, program, version: '0.0.0', outfile: failing });
  });
  afterAll(async () => {
    const ours = ['--filter', `volume=${world.folder}`];
    const ids = await docker('ps', '--all', '--quiet', ...ours);
    if (ids !== '') await docker('rm', '--force', ...ids.split('\n'));
    await world[Symbol.asyncDispose]();
  });

  // The folder is there under the same name; Postgres is where it is for this machine.
  const volumes = () => [
    `${world.folder}:${world.folder}`,
    ...(failpoints === undefined ? [] : [`${failing}:/opt/dray/generic-entry.mjs:ro`]),
  ];
  const place: SubmitPlace = {
    argv() {
      const env = ['PROMOS_DB_PASSWORD', ...Object.keys(failpoints ?? {})];
      const settings = { image: IMAGE, network: 'host', volumes: volumes(), env };
      return ['container', '--settings', JSON.stringify(settings)];
    },
    get env() {
      return { ...failpoints };
    },
    provider: 'CONTAINER',
    says: { success: 'exited 0', failure: 'exited 1' },
    arm(env) {
      failpoints = env;
    },
    async execute(args) {
      const mounted = ['--volume', `${world.folder}:${world.folder}`, '--network', 'host'];
      const password = `PROMOS_DB_PASSWORD=${world.postgres.password}`;
      return await docker('run', '--rm', ...mounted, '--env', password, IMAGE, ...args);
    },
    async admit({ file }) {
      // The image's user is not this one.
      await chmod(dirname(file), 0o777);
    },
  };
  describeSubmitted('Docker', () => ({ world, source, place }));
});
