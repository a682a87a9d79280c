import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { fromLines, fromLogLine, MAX_MESSAGE_BYTES, type Tell } from '../../../core/telemetry.ts';
import type { Surroundings } from '../../../entry/context.ts';
import { openRemoteTelemetry } from '../../../entry/telemetry/remote.ts';
import { testClock } from '../../twins/clock.ts';

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-telemetry-'));
  said = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A process of the run that tells something and ends. */
async function told(place: string, work: (tell: Tell) => void): Promise<void> {
  const surroundings: Surroundings = {
    ...{ env: {}, cwd: folder, nodeVersion: '24.0.0', clock: testClock() },
    readFile: () => Promise.reject(new Error('reads nothing')),
    readObject: () => Promise.resolve(undefined),
  };
  await using telemetry = openRemoteTelemetry({
    ...{ place, runId: 'r', attempt: 1, storeId: 'far', surroundings },
    err(line) {
      said.push(line);
    },
    redact: (text) => text.replaceAll('hunter2', '***'),
  });
  work(telemetry.tell);
}

const event = (type: string) => ({ kind: 'event', type, data: {} }) as const;
const messagesIn = (name: string) => fromLines(readFileSync(join(folder, 'at', name), 'utf8'));

it('leaves numbered messages in objects, each process of the attempt in its own', async () => {
  for (const type of ['first', 'second']) {
    await told('at', (tell) => {
      tell(event(type));
      tell(event('more'));
    });
  }
  expect(readdirSync(join(folder, 'at')).sort()).toEqual(['1-000001.jsonl', '2-000001.jsonl']);
  const [one, two] = [messagesIn('1-000001.jsonl'), messagesIn('2-000001.jsonl')];
  expect(one).toMatchObject([
    { run_id: 'r', attempt: 1, number: 1, store: 'far', type: 'first' },
    { number: 2, type: 'more' },
  ]);
  expect(two).toMatchObject([{ number: 1, type: 'second' }, { number: 2 }]);
  expect(two[0]?.stream).not.toBe(one[0]?.stream);
});

it('writes lines that are found in a log whatever stands before them, and are short', async () => {
  await told('log', (tell) => {
    tell({ kind: 'log', level: 'warning', text: 'password is hunter2' });
    tell({ kind: 'event', type: 'huge', data: { text: 'x'.repeat(50_000) } });
  });
  const lines = said.join('\n').split('\n');
  const found = lines.map((line) => fromLogLine(`2017-06-12 INFO ${line}`));
  expect(found).toMatchObject([
    { kind: 'log', text: 'password is ***', number: 1 },
    { kind: 'event', type: 'huge', data: { left_out_bytes: 50_049 } },
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(MAX_MESSAGE_BYTES);
  expect(fromLogLine('dray.telemetry/1 {"schema": "torn')).toBeUndefined();
});

it('says what was lost where nothing can be written, and lets the run end', async () => {
  writeFileSync(join(folder, 'at'), 'a file, no folder');
  await told('at', (tell) => {
    tell(event('first'));
    tell(event('second'));
  });
  expect(said).toEqual([
    expect.stringMatching(/^telemetry: 2 messages could not be written to at: /),
  ]);
});
