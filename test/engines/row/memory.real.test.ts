import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const PROGRAM = join(import.meta.dirname, 'memory-program.ts');
const SAMPLE = join(import.meta.dirname, '../../../data/sample');

/** load_promos over the sample, `copies` times, in a process of its own with 100 MB for DuckDB. */
async function load(copies: number): Promise<unknown> {
  const child = fork(PROGRAM, [SAMPLE, String(copies)], {
    // Garbage is not what is measured: V8's young generation would take up to 100 MB of it, and on a
    // busy machine its old one is collected late. What lives has to fit.
    execArgv: ['--max-semi-space-size=8', '--max-old-space-size=128'],
  });
  const [message] = (await once(child, 'message')) as unknown[];
  await once(child, 'exit');
  return message;
}

describe('the memory of the row engine', () => {
  it('stays below 400 MB for 2,200,000 promotions', async () => {
    const { rows, dropped, peakMb } = (await load(5)) as Record<'rows' | 'peakMb', number> & {
      dropped: unknown;
    };
    expect({ rows, dropped }).toEqual({ rows: 2_208_480, dropped: { deduplicated: 1440 } });
    expect(peakMb).toBeLessThan(400);
  });
});
