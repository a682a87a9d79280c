import { expect, it } from '@jest/globals';
import { containerStatus } from '../../../platforms/container/states.ts';

const BASE = { Status: 'exited', ExitCode: 0, OOMKilled: false, Error: '' };

it.each([
  [{}, { state: 'SUCCEEDED', platformState: 'exited 0' }],
  [{ ExitCode: 4 }, { state: 'FAILED', platformState: 'exited 4' }],
  [{ ExitCode: 143 }, { state: 'CANCELLED', platformState: 'exited 143' }],
  [{ ExitCode: 137 }, { state: 'CANCELLED', platformState: 'exited 137' }],
  [
    { ExitCode: 137, OOMKilled: true },
    { state: 'FAILED', message: 'killed at its memory limit' },
  ],
  [
    { ExitCode: 127, Error: 'no such file' },
    { state: 'FAILED', message: 'no such file' },
  ],
  [{ Status: 'paused' }, { state: 'RUNNING', platformState: 'paused' }],
  [{ Status: 'something new' }, { state: 'UNKNOWN', platformState: 'something new' }],
])('a container with %j', (found, status) => {
  expect(containerStatus({ ...BASE, ...found })).toMatchObject(status);
});
