import { describe, expect, it } from '@jest/globals';
import { allOrNone, inLanes } from '../../core/concurrent.ts';

const forever = new AbortController().signal;

describe('tasks at the same time', () => {
  it('give their results in order', async () => {
    const tasks = [3, 1, 2].map((value) => () => Promise.resolve(value));
    expect(await allOrNone(tasks, forever)).toEqual([3, 1, 2]);
  });

  it('abort and await each other when one fails', async () => {
    const ended: string[] = [];
    const failing = () => Promise.reject(new Error('first'));
    const waiting = async (signal: AbortSignal) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      ended.push('waited');
      throw new Error('second');
    };
    await expect(allOrNone([waiting, failing], forever)).rejects.toThrow('first');
    expect(ended).toEqual(['waited']);
  });
});

describe('lanes', () => {
  it('run at most so many tasks at a time, in order', async () => {
    let atWork = 0;
    let most = 0;
    const order: number[] = [];
    const tasks = [0, 1, 2, 3, 4, 5, 6].map((index) => async () => {
      most = Math.max(most, ++atWork);
      order.push(index);
      await Promise.resolve();
      await Promise.resolve();
      atWork--;
      return index * 10;
    });
    expect(await inLanes(2, tasks, forever)).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});
