import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LoadEntry } from '../../core/ledger.ts';
import { nextPoints } from '../../core/source-range.ts';
import type { IncrementalSource, Sink, Source } from '../../core/strategy.ts';
import { findIncrement } from '../../jobs/increment.ts';
import { loadIdOf } from '../../jobs/load-id.ts';
import type { OpenSink } from '../../jobs/sinks.ts';
import { promotionsContract } from '../../jobs/load-promos/contract.ts';

const signal = new AbortController().signal;

/** A target that only keeps its ledger and the numbers that were appended to it. */
interface Target {
  readonly entries: LoadEntry[];
  readonly rows: number[];
  readonly sink: OpenSink;
}

function openTarget(name: string): Target {
  const entries: LoadEntry[] = [];
  const sink = {
    target: name,
    loads: () => Promise.resolve(entries),
    describe: () => Promise.resolve({ exists: true }),
  } as unknown as Sink;
  const request = { ...{ job: 'job', runId: '', attempt: 1 }, contract: promotionsContract };
  const identify: OpenSink['identify'] = (source) =>
    loadIdOf({ job: 'job', target: name, mode: 'append', plan: '', source, inputs: [] });
  return {
    entries,
    rows: [],
    sink: {
      ...{ loadId: '', identify, sink, added: [] },
      plan: { name, kind: 'memory', mode: 'append', open: () => Promise.reject(new Error()) },
      request: { ...request, mode: 'append' },
    },
  };
}

/** A source of the numbers 1 to `length`, whose cursor is the number. */
function numbers(length: () => number): IncrementalSource {
  return {
    name: 'numbers',
    rereads: false,
    async next(states) {
      const points = states.map((ranges) => {
        const last = ranges.at(-1);
        return last?.by === 'cursor' ? Number(last.upTo) : undefined;
      });
      const known = [...new Set(points.flatMap((point) => point ?? []))].sort((a, b) => a - b);
      const next = await nextPoints(points, known, (after) =>
        Promise.resolve(length() > (after ?? 0) ? length() : undefined),
      );
      if (next === undefined) return undefined;
      const { after, upTo, lacking } = next;
      const start = after === undefined ? {} : { after: String(after) };
      const range = { by: 'cursor', column: 'n', ...start, upTo: String(upTo) } as const;
      return { range, lacking };
    },
    read: () => Promise.resolve({} as Source),
  };
}

/** One run: commits to those that lack the range, in their order, at most `commits` times. */
async function run(
  source: IncrementalSource,
  targets: readonly Target[],
  runId: string,
  commits: number,
): Promise<boolean> {
  const opened = targets.map(({ sink }) => sink);
  const { sinks } = await findIncrement(source, opened, { runId, force: false }, signal);
  let done = 0;
  for (const [index, { sink, lacks }] of sinks.entries()) {
    const target = targets[index];
    if (!lacks || target === undefined) continue;
    if (done++ === commits) return false;
    const range = sink.progress?.range;
    if (range?.by !== 'cursor' || sink.progress === undefined) throw new Error('no range');
    for (let n = Number(range.after ?? 0) + 1; n <= Number(range.upTo); n++) target.rows.push(n);
    target.entries.push({
      ...{ loadId: sink.loadId, job: 'job', mode: 'append', runId, attempt: 1, claim: 1 },
      ...{ createdBy: '', loadedAt: '', progress: sink.progress, partitions: [] },
      counts: { read: 0, quarantined: 0, dropped: 0, filtered: 0, deduplicated: 0 },
    });
  }
  return done > 0;
}

describe('the range of an incremental run', () => {
  it('is such that runs cut short at any commit load every row into every target once', async () => {
    const step = fc.oneof(
      fc.record({ grow: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ commits: fc.integer({ min: 0, max: 4 }), isRetry: fc.boolean() }),
      fc.record({ target: fc.constant('another') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let length = 0;
        let runs = 0;
        const source = numbers(() => length);
        const targets = [openTarget('a'), openTarget('b')];
        for (const each of steps) {
          if ('grow' in each) length += each.grow;
          else if ('target' in each) targets.push(openTarget(String(targets.length)));
          else
            await run(source, targets, each.isRetry ? String(runs) : String(++runs), each.commits);
        }
        while (await run(source, targets, `last ${String(++runs)}`, Number.POSITIVE_INFINITY));
        const all = Array.from({ length }, (_, index) => index + 1);
        for (const { rows } of targets) expect(rows).toEqual(all);
      }),
      { numRuns: 500 },
    );
  });

  it('is that of an earlier attempt of the run, when all targets have it', async () => {
    let length = 3;
    const source = numbers(() => length);
    const targets = [openTarget('a'), openTarget('b')];
    await run(source, targets, 'one', 2);
    length = 5;
    const opened = targets.map(({ sink }) => sink);
    const { sinks } = await findIncrement(source, opened, { runId: 'one', force: false }, signal);
    expect(sinks.map(({ lacks, entry }) => [lacks, entry?.runId])).toEqual([
      [false, 'one'],
      [false, 'one'],
    ]);
  });
});
