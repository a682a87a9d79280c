import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  demoConfig,
  demoPlaces,
  formerPort,
  writeDemoConfig,
} from '../../entry/start/demo-config.ts';
import { nextSteps } from '../../entry/start/next-steps.ts';
import { parseStartArguments } from '../../entry/start/start-arguments.ts';
import { createJob } from '../../jobs/factory.ts';
import { endedRun, outcomeOf, resultOf, sinkOf } from './ended-run.ts';

const SERVER = { port: 5_433, user: 'dray', database: 'dray' };
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dray-start-test-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

describe('the arguments of npm start', () => {
  it.each([
    [[], '2017-05-29', '2017-06-19'],
    [['--week', '24'], '2017-06-05', '2017-06-12'],
    [['--from', '2017-06-01', '--to', '2017-06-08'], '2017-06-01', '2017-06-08'],
    [['--from', '2017-06-12'], '2017-06-12', '2017-06-19'],
  ])('%j is the window %s to %s', (argv, startDate, endDate) => {
    expect(parseStartArguments(argv).window).toEqual({ startDate, endDate });
  });

  it.each([[['--week', '22']], [['--week', 'x']], [['--weak', '24']], [['24']]])(
    'refuses %j',
    (argv) => {
      expect(() => parseStartArguments(argv)).toThrow(
        expect.objectContaining({ code: 'ARGUMENTS_INVALID', hint: expect.any(String) }),
      );
    },
  );
});

describe('the config of the demo', () => {
  it('is one that the job accepts, with a reference for the password', () => {
    const config = demoConfig(demoPlaces(root), SERVER);
    expect(createJob('load_promos', config).name).toBe('load_promos');
    expect(JSON.stringify(config)).toContain('"password":"secret://file/');
  });

  it('remembers the port, so that the next start loads into the same target', async () => {
    const { config } = demoPlaces(root);
    expect(await formerPort(config)).toBeUndefined();
    await writeDemoConfig(config, demoConfig(demoPlaces(root), SERVER));
    expect(await formerPort(config)).toBe(5_433);
    await writeFile(config, '{"edited": true}');
    expect(await formerPort(config)).toBeUndefined();
  });
});

describe('what to try next', () => {
  const stepsAfter = (sinks = [sinkOf()], keep = false): string =>
    nextSteps(
      resultOf(endedRun({ outcome: outcomeOf({ sinks }) })),
      { root, places: demoPlaces(root), server: SERVER, keep },
      (_, text) => text,
    );

  it('names commands that work in the folder of the project', () => {
    expect(stepsAfter()).toContain('--config .dray/demo/load_promos.json --from 2017-06-05');
    expect(stepsAfter()).toContain('npm start -- --keep');
  });

  it('says plainly that a second start loaded nothing', () => {
    expect(stepsAfter([sinkOf({ status: 'reused' })])).toContain('loaded nothing.');
    expect(stepsAfter()).not.toContain('loaded nothing.');
  });

  it('says how long Postgres runs', () => {
    expect(stepsAfter([sinkOf()], true)).toContain(
      'Postgres is on port 5433 until you press Ctrl-C',
    );
  });
});
