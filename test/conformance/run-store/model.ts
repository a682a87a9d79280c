import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JobError } from '../../../core/errors.ts';
import { canMove, type RunState } from '../../../core/run-state.ts';
import type { RunStore } from '../../../core/run-store.ts';
import { endOf, newAttempt } from './attempt.ts';

type Command =
  | { readonly do: 'start'; readonly attempt: number; readonly job: string }
  | { readonly do: 'end'; readonly attempt: number; readonly state: (typeof END_STATES)[number] };

const END_STATES = ['COMPLETED', 'FAILED', 'CANCELLED'] as const;

const attempt = fc.integer({ min: 1, max: 4 });
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    do: fc.constant('start' as const),
    attempt,
    job: fc.oneof({ weight: 9, arbitrary: fc.constant('a') }, fc.constant('b')),
  }),
  // Failures mostly, since nothing follows a completed run.
  fc.record({
    do: fc.constant('end' as const),
    attempt,
    state: fc.constantFrom(...END_STATES, 'FAILED' as const, 'FAILED' as const),
  }),
);

/** What the store has to know of a run, written as plainly as possible. */
interface Model {
  job?: string;
  state?: RunState;
  attempt: number;
  types: string[];
}

function expected(model: Model, next: Command): string | boolean {
  if (next.do === 'end') {
    if (model.state !== 'RUNNING' || model.attempt !== next.attempt) return false;
    model.state = next.state;
    model.types.push(`run.${next.state.toLowerCase()}`);
    return true;
  }
  if (model.state !== undefined) {
    if (model.job !== next.job) return 'ARGUMENTS_INVALID';
    if (model.attempt > next.attempt) return 'LEASE_LOST';
    if (model.state === 'COMPLETED') return 'ARGUMENTS_INVALID';
  }
  const again = model.state !== undefined && model.attempt === next.attempt;
  if (model.state !== undefined && !(again && model.state === 'RUNNING')) {
    model.types.push('run.retrying');
  }
  model.types.push(again ? 'run.restarted' : 'run.started');
  Object.assign(model, { job: next.job, state: 'RUNNING', attempt: next.attempt });
  return 'started';
}

async function actual(store: RunStore, runId: string, next: Command): Promise<string | boolean> {
  if (next.do === 'end') return await store.endAttempt(endOf(runId, next.attempt, next.state));
  const { attempt, job } = next;
  return await store.startAttempt(newAttempt(runId, { attempt, job })).then(
    () => 'started',
    (error: unknown) => (error instanceof JobError ? error.code : String(error)),
  );
}

/** The law behind the single tests: any sequence of commands leaves what the model says. */
export function itFollowsTheModel(store: () => RunStore): void {
  it('does what the model does, whatever the order of starts and ends', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 12 }), async (commands) => {
        const runId = `model-${String(++number)}`;
        const model: Model = { attempt: 0, types: [] };
        for (const next of commands) {
          expect(await actual(store(), runId, next)).toEqual(expected(model, next));
        }
        const run = await store().getRun(runId);
        expect(run?.state).toBe(model.state);
        expect(run?.attempt ?? 0).toBe(model.attempt);
        const events = await store().listEvents(runId);
        expect(events.map((event) => event.type)).toEqual(model.types);
        let state: RunState = 'PENDING';
        for (const { type, data } of events) {
          if (data['to'] === undefined) {
            expect({ type, state }).toEqual({ type: 'run.restarted', state: 'RUNNING' });
            continue;
          }
          expect(data['from']).toBe(state);
          expect(canMove(state, data['to'] as RunState)).toBe(true);
          state = data['to'] as RunState;
        }
      }),
      { numRuns: 300 },
    );
  });
}
