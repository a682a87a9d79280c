import type { Clock } from '../../core/clock.ts';
import { decodeRows, type SparkRow, type SparkStruct } from './arrow.ts';
import { type ChannelOptions, openChannel, QUICK_MS } from './channel.ts';
import { fieldsOf, type SparkField } from './data-type.ts';
import { execute, type Plan } from './execution.ts';
import {
  AnalyzePlanRequest_Explain_ExplainMode,
  InterruptRequest_InterruptType,
} from './generated/spark/connect/base_pb.ts';
import type { Relation as ServerRelation } from './generated/spark/connect/relations_pb.ts';
import { literalValue } from './literal.ts';
import { progressShare } from './progress.ts';
import { metricNames, type Relation, relationOf } from './relations.ts';
import type { Remote } from './remote.ts';

/** What an execution told besides rows. */
export interface Outcome {
  /** Values of `observed` relations, by their names. */
  readonly metrics: Readonly<Record<string, SparkStruct>>;
  /** What a SQL command made: its rows as a local relation, or a query that has not run yet. */
  readonly relation: ServerRelation | undefined;
}

export interface ExecuteOptions {
  /** The statement, for errors. */
  readonly what: string;
  /** Names to interrupt by. */
  readonly tags: readonly string[];
  /** Gets the done share, 0 to below 1, as it grows; never called by Spark 3.5. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** One session on one Spark Connect server. Calls may be made at the same time. */
export interface SparkClient {
  readonly sessionId: string;
  version(signal: AbortSignal): Promise<string>;
  schema(input: Relation | string, signal: AbortSignal): Promise<readonly SparkField[]>;
  /** The physical plan as Spark formats it. */
  explain(input: Relation | string, signal: AbortSignal): Promise<string>;
  set(settings: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /** Values of settings; those that the server does not have are missing. */
  get(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Executes a plan; yields rows as they arrive and returns the rest at the end. */
  execute(
    plan: Plan,
    options: ExecuteOptions,
    signal: AbortSignal,
  ): AsyncGenerator<SparkRow, Outcome>;
  /** Interrupts what runs under a tag in this session; returns the operations' ids. */
  interruptTag(tag: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Interrupts what runs in the session and ends it on the server where it can be ended (4.x). Never
   * throws; takes 10 s at most.
   */
  release(): Promise<void>;
  /** Ends the connection and every call on it. */
  close(): void;
}

/** The caller closes it; nothing is sent before the first call. */
export function openClient(remote: Remote, options: ChannelOptions, clock: Clock): SparkClient {
  const channel = openChannel(remote, options, clock);

  async function config(
    what: string,
    opType: ConfigOperation,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const { pairs } = await channel.ask(
      what,
      async (rpc, call) => await rpc.config({ ...channel.identity(), operation: { opType } }, call),
      signal,
    );
    return Object.fromEntries(
      pairs.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]])),
    );
  }

  return {
    sessionId: channel.sessionId,
    async version(signal) {
      const { result } = await channel.ask(
        'the version of Spark',
        async (rpc, call) =>
          await rpc.analyzePlan(
            { ...channel.identity(), analyze: { case: 'sparkVersion', value: {} } },
            call,
          ),
        signal,
      );
      return result.case === 'sparkVersion' ? result.value.version : '';
    },
    async schema(input, signal) {
      const plan: Plan = { opType: { case: 'root', value: relationOf(input) } };
      const { result } = await channel.ask(
        whatOf(input),
        async (rpc, call) =>
          await rpc.analyzePlan(
            { ...channel.identity(), analyze: { case: 'schema', value: { plan } } },
            call,
          ),
        signal,
      );
      return result.case === 'schema' ? fieldsOf(result.value.schema) : [];
    },
    async explain(input, signal) {
      const plan: Plan = { opType: { case: 'root', value: relationOf(input) } };
      const explainMode = AnalyzePlanRequest_Explain_ExplainMode.FORMATTED;
      const { result } = await channel.ask(
        whatOf(input),
        async (rpc, call) =>
          await rpc.analyzePlan(
            { ...channel.identity(), analyze: { case: 'explain', value: { plan, explainMode } } },
            call,
          ),
        signal,
      );
      return result.case === 'explain' ? result.value.explainString : '';
    },
    async set(settings, signal) {
      const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }));
      await config('settings of the session', { case: 'set', value: { pairs } }, signal);
    },
    async get(names, signal) {
      const value = { keys: [...names] };
      return await config('settings of the session', { case: 'getOption', value }, signal);
    },
    async *execute(plan, { what, tags, onProgress }, signal) {
      const share = progressShare();
      const names = metricNames(inputOf(plan));
      const metrics: Record<string, SparkStruct> = {};
      let relation: ServerRelation | undefined;
      for await (const response of execute(channel, plan, tags, what, signal)) {
        for (const { name, keys, values } of response.observedMetrics) {
          metrics[name] = Object.fromEntries(
            values.map((value, at) => [
              keys[at] ?? names[name]?.[at] ?? String(at),
              literalValue(value),
            ]),
          );
        }
        const { responseType } = response;
        if (responseType.case === 'arrowBatch') yield* decodeRows(responseType.value.data);
        if (responseType.case === 'sqlCommandResult') relation = responseType.value.relation;
        if (responseType.case === 'executionProgress') {
          const grown = share(responseType.value.stages);
          if (grown !== undefined) onProgress?.(grown);
        }
      }
      return { metrics, relation };
    },
    async interruptTag(tag, signal) {
      const request = {
        interruptType: InterruptRequest_InterruptType.TAG,
        interrupt: { case: 'operationTag' as const, value: tag },
      };
      const { interruptedIds } = await channel.ask(
        'an interrupt',
        async (rpc, call) => await rpc.interrupt({ ...channel.identity(), ...request }, call),
        signal,
      );
      return interruptedIds;
    },
    async release() {
      // A session that somebody else opened is theirs to end.
      if (remote.sessionId !== undefined) return;
      const identity = channel.identity();
      const interruptType = InterruptRequest_InterruptType.ALL;
      try {
        await channel.rpc.interrupt({ ...identity, interruptType }, { timeoutMs: QUICK_MS });
        await channel.rpc.releaseSession(identity, { timeoutMs: QUICK_MS });
      } catch {
        // 3.5 does not have the call, a dead server does not have the session.
      }
    },
    close() {
      channel.close();
    },
  };
}

type ConfigOperation =
  | { readonly case: 'set'; readonly value: { pairs: { key: string; value: string }[] } }
  | { readonly case: 'getOption'; readonly value: { keys: string[] } };

/** What an execution reads: of commands only writes have something to observe. */
function inputOf({ opType }: Plan): Relation | undefined {
  if (opType?.case === 'root') return opType.value;
  if (opType?.case !== 'command') return undefined;
  const { commandType } = opType.value;
  return commandType?.case === 'writeOperation' ? commandType.value.input : undefined;
}

/** How errors call it: a query's text, or the kind of a relation. */
export function whatOf(input: Relation | string): string {
  return typeof input === 'string' ? input : `a relation of kind ${input.relType?.case ?? 'none'}`;
}
