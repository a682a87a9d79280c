import { expect, it } from '@jest/globals';
import { type Outbox, openOutbox } from '../../../entry/telemetry/outbox.ts';
import { testClock } from '../../twins/clock.ts';

interface Scene {
  readonly outbox: Outbox<string>;
  readonly delivered: string[];
  readonly tries: string[];
  readonly lost: string[];
}

function open(fails: (number: number, tries: number) => boolean = () => false): Scene {
  const [delivered, tries, lost]: [string[], string[], string[]] = [[], [], []];
  const outbox = openOutbox<string>({
    clock: testClock(),
    render: (items) => items.join(' '),
    dropped: (count) => `dropped=${String(count)}`,
    deliver(text, number) {
      tries.push(`${String(number)}:${text}`);
      if (fails(number, tries.length)) return Promise.reject(new Error('out of reach'));
      delivered.push(text);
      return Promise.resolve();
    },
    onLost(count, why) {
      lost.push(`${String(count)} ${why}`);
    },
  });
  return { outbox, delivered, tries, lost };
}

it('delivers everything in its order, at the latest when it is closed', async () => {
  const { outbox, delivered, lost } = open();
  for (let item = 0; item < 2_500; item++) outbox.put(String(item));
  await outbox[Symbol.asyncDispose]();
  const all = delivered.join(' ').split(' ');
  expect(all).toEqual(Array.from({ length: 2_500 }, (_, item) => String(item)));
  expect(lost).toEqual([]);
});

it('brings the same text with the same number again until it has arrived', async () => {
  const { outbox, tries, delivered } = open((_, count) => count <= 2);
  outbox.put('a');
  outbox.put('b');
  await outbox[Symbol.asyncDispose]();
  expect(tries).toEqual(['1:a b', '1:a b', '1:a b']);
  expect(delivered).toEqual(['a b']);
});

it('keeps only the newest of a key, in the place of the first', async () => {
  const { outbox, delivered } = open();
  outbox.put('1 of 9', 'unity');
  outbox.put('step');
  outbox.put('5 of 9', 'unity');
  await outbox[Symbol.asyncDispose]();
  expect(delivered).toEqual(['5 of 9 step']);
});

it('has bounds: what does not fit is counted and said', async () => {
  const { outbox, delivered } = open();
  for (let item = 0; item < 5_010; item++) outbox.put('x');
  await outbox[Symbol.asyncDispose]();
  const all = delivered.join(' ').split(' ');
  expect(all).toHaveLength(5_001);
  expect(all).toContain('dropped=10');
});

it('gives up after a while when nothing arrives, and says how much was lost and why', async () => {
  const { outbox, delivered, lost, tries } = open(() => true);
  outbox.put('a');
  outbox.put('b');
  await outbox[Symbol.asyncDispose]();
  expect(delivered).toEqual([]);
  expect(new Set(tries)).toEqual(new Set(['1:a b']));
  expect(tries.length).toBeLessThan(60);
  expect(lost).toEqual(['2 out of reach']);
});
