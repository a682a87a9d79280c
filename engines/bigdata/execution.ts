import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Backoff } from '../../core/retry.ts';
import { type Channel, QUICK_MS } from './channel.ts';
import { isLost, isTransient } from './errors.ts';
import { failureOf } from './failure.ts';
import {
  type ExecutePlanResponse,
  InterruptRequest_InterruptType,
  type PlanSchema,
  ReleaseExecuteRequest_ReleaseAllSchema,
  ReleaseExecuteRequest_ReleaseUntilSchema,
} from './generated/spark/connect/base_pb.ts';

export type Plan = MessageInitShape<typeof PlanSchema>;

/** How often an abort asks for the interrupt of an operation that the server does not know yet. */
const INTERRUPT_TRIES = 3;
const INTERRUPT_AGAIN_MS = 100;

/**
 * Executes a plan and yields every response once, whatever happens to the connection: the server
 * keeps the operation and its responses, and a broken stream is attached again behind the last
 * response that arrived. Servers end streams on purpose too, after two minutes or a gigabyte.
 *
 * When the signal aborts, or the caller stops reading, the operation is interrupted on the server.
 *
 * @param tags - names to interrupt by; without commas.
 * @param what - the statement, for the error.
 * @throws JobError `SPARK_SESSION_LOST` when the operation is gone, `SPARK_UNREACHABLE` when the
 *   server does not answer any more; the signal's reason when it aborts.
 */
export async function* execute(
  channel: Channel,
  plan: Plan,
  tags: readonly string[],
  what: string,
  signal: AbortSignal,
): AsyncGenerator<ExecutePlanResponse> {
  signal.throwIfAborted();
  const operation: Operation = {
    id: randomUUID(),
    plan,
    tags: [...tags],
    last: undefined,
    started: false,
  };
  const release = releaser(channel, operation);
  let complete = false;
  let failed = 0;
  try {
    while (!complete) {
      const before = operation.last;
      try {
        for await (const response of attach(channel, operation, signal)) {
          channel.note(response);
          failed = 0;
          operation.last = response.responseId;
          if (response.responseType.case === 'resultComplete') complete = true;
          else {
            yield response;
            release.until(response.responseId);
          }
        }
        // A silent statement's stream is ended on purpose too; this only keeps from spinning.
        if (operation.last === before) await channel.clock.sleep(channel.backoff.firstMs, signal);
      } catch (error) {
        if (complete) break;
        signal.throwIfAborted();
        failed = await waitToAttach(channel, operation, error, failed, what, signal);
      }
    }
    await release.all();
  } finally {
    if (!complete) await abandon(channel, operation, release);
  }
}

interface Operation {
  readonly id: string;
  readonly plan: Plan;
  readonly tags: string[];
  /** The last response that arrived. */
  last: string | undefined;
  /** Whether the server may know it. */
  started: boolean;
}

function attach(
  { rpc, identity }: Channel,
  operation: Operation,
  signal: AbortSignal,
): AsyncIterable<ExecutePlanResponse> {
  if (operation.started) {
    return rpc.reattachExecute(
      {
        ...identity(),
        operationId: operation.id,
        ...(operation.last === undefined ? {} : { lastResponseId: operation.last }),
      },
      { signal },
    );
  }
  operation.started = true;
  return rpc.executePlan(
    {
      ...identity(),
      operationId: operation.id,
      plan: operation.plan,
      tags: operation.tags,
      requestOptions: [
        { requestOption: { case: 'reattachOptions', value: { reattachable: true } } },
      ],
    },
    { signal },
  );
}

/**
 * Waits before the next attach, or throws when there is none.
 *
 * @returns how many attaches have failed in a row.
 */
async function waitToAttach(
  channel: Channel,
  operation: Operation,
  error: unknown,
  failed: number,
  what: string,
  signal: AbortSignal,
): Promise<number> {
  const failure = failureOf(error);
  if (failure.condition === 'INVALID_HANDLE.OPERATION_NOT_FOUND' && operation.last === undefined) {
    // The session is still there and never heard of the operation: the request was lost on its way.
    operation.started = false;
  } else if (!isTransient(failure) || isLost(failure)) {
    throw await channel.explain(error, what);
  }
  if (failed + 1 >= channel.backoff.tries) throw await channel.explain(error, what);
  await channel.clock.sleep(waitMs(channel.backoff, failed), signal);
  return failed + 1;
}

function waitMs({ firstMs, maxMs }: Backoff, failed: number): number {
  return Math.min(maxMs, firstMs * 2 ** failed) * (1 - Math.random() / 2);
}

interface Releaser {
  /** Lets the server forget the responses up to this one, if no such call is under way. */
  until(responseId: string): void;
  /** Ends the operation on the server, interrupting what still runs. */
  all(): Promise<void>;
}

/**
 * A release that fails costs the server some memory until it forgets the operation by itself, so
 * its failure is of no interest to the caller, who has the rows.
 */
function releaser({ rpc, identity }: Channel, { id }: Operation): Releaser {
  let underWay: Promise<unknown> | undefined;
  const options = { timeoutMs: QUICK_MS };
  return {
    until(responseId) {
      const value = create(ReleaseExecuteRequest_ReleaseUntilSchema, { responseId });
      underWay ??= rpc
        .releaseExecute(
          { ...identity(), operationId: id, release: { case: 'releaseUntil', value } },
          options,
        )
        .catch(() => undefined)
        .finally(() => {
          underWay = undefined;
        });
    },
    async all() {
      await underWay;
      const value = create(ReleaseExecuteRequest_ReleaseAllSchema, {});
      await rpc
        .releaseExecute(
          { ...identity(), operationId: id, release: { case: 'releaseAll', value } },
          options,
        )
        .catch(() => undefined);
    },
  };
}

/**
 * Interrupts the operation; one that ended meanwhile is left alone. The server may not have begun
 * with it when the first interrupt arrives, so that one which finds nothing is repeated.
 */
async function abandon(
  { rpc, identity, clock }: Channel,
  operation: Operation,
  release: Releaser,
): Promise<void> {
  const request = {
    ...identity(),
    interruptType: InterruptRequest_InterruptType.OPERATION_ID,
    interrupt: { case: 'operationId' as const, value: operation.id },
  };
  const never = new AbortController().signal;
  try {
    for (let tries = 1; tries <= INTERRUPT_TRIES; tries++) {
      const { interruptedIds } = await rpc.interrupt(request, { timeoutMs: QUICK_MS });
      if (interruptedIds.includes(operation.id) || operation.last !== undefined) break;
      await clock.sleep(INTERRUPT_AGAIN_MS, never);
    }
  } catch {
    // A server that is gone runs nothing, and the reason to stop is what the caller has to see.
    return;
  }
  await release.all();
}
