import { randomUUID } from 'node:crypto';
import type { SecureClientSessionOptions } from 'node:http2';
import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Clock } from '../../core/clock.ts';
import type { JobError } from '../../core/errors.ts';
import { type Backoff, retry } from '../../core/retry.ts';
import { isTransient, sparkError } from './errors.ts';
import { type Failure, failureOf, withDetails } from './failure.ts';
import { SparkConnectService } from './generated/spark/connect/base_pb.ts';
import type { Remote } from './remote.ts';

/** A server on this machine is there or it is not; one behind a network may be back in a while. */
const NEAR: Backoff = { tries: 5, firstMs: 100, maxMs: 1_000 };
const FAR: Backoff = { tries: 9, firstMs: 100, maxMs: 10_000 };
/** Above the 5 minutes below which gRPC servers in Java take pings for an attack. */
const PING_EVERY_MS = 6 * 60_000;
const PING_TIMEOUT_MS = 20_000;
/** TCP's own probes cost the server nothing: ten of them, a second apart, after this silence. */
const PROBE_AFTER_MS = 30_000;
/** For calls that the server answers at once or not at all. */
export const QUICK_MS = 5_000;

export type Rpc = Client<typeof SparkConnectService>;

/** The fields that every request has. */
export interface Identity {
  readonly sessionId: string;
  readonly userContext: { readonly userId: string; readonly userName: string };
  readonly clientType: string;
  readonly clientObservedServerSideSessionId?: string;
}

/** One connection to one server, for one session there. */
export interface Channel {
  readonly remote: Remote;
  readonly rpc: Rpc;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly sessionId: string;
  readonly identity: () => Identity;
  /** Remembers the server's id of the session, so that a restarted server is noticed (4.x). */
  note(response: { readonly serverSideSessionId?: string }): void;
  /** Makes a call, again when the connection fails; only for calls that may be made twice. */
  ask<T extends { readonly serverSideSessionId?: string }>(
    what: string,
    call: (rpc: Rpc, options: CallOptions) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
  /** The failure as Spark explains it; asks the server for the details where it keeps them. */
  explain(thrown: unknown, what: string): Promise<JobError>;
  /** Ends every call that still runs. */
  close(): void;
}

export interface ChannelOptions {
  /** Shown by Spark in its logs, such as `dray/0.1.0`. */
  readonly clientType: string;
  readonly backoff?: Backoff;
}

/** Prepares a connection; it opens with the first call. The caller closes it. */
export function openChannel(remote: Remote, options: ChannelOptions, clock: Clock): Channel {
  const userId = remote.userId ?? 'dray';
  const sessionId = remote.sessionId ?? randomUUID();
  const backoff = options.backoff ?? (remote.loopback ? NEAR : FAR);
  const sockets: SecureClientSessionOptions & { keepAliveInitialDelay: number; keepAlive: true } = {
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
  };
  const connection = new Http2SessionManager(
    remote.baseUrl,
    { pingIntervalMs: PING_EVERY_MS, pingTimeoutMs: PING_TIMEOUT_MS },
    sockets,
  );
  const transport = createGrpcTransport({
    baseUrl: remote.baseUrl,
    sessionManager: connection,
    interceptors: [
      (next) => async (request) => {
        for (const [name, value] of Object.entries(remote.headers)) request.header.set(name, value);
        return await next(request);
      },
    ],
  });
  const rpc = createClient(SparkConnectService, transport);
  let serverSide: string | undefined;

  async function detailed(thrown: unknown): Promise<Failure> {
    const failure = failureOf(thrown);
    if (failure.errorId === undefined) return failure;
    try {
      const request = { ...channel.identity(), errorId: failure.errorId };
      const details = await rpc.fetchErrorDetails(request, { timeoutMs: QUICK_MS });
      return withDetails(failure, details);
    } catch {
      return failure; // the details are more words for a failure that is known already
    }
  }

  const channel: Channel = {
    remote,
    rpc,
    backoff,
    clock,
    sessionId,
    identity: () => ({
      sessionId,
      userContext: { userId, userName: userId },
      clientType: options.clientType,
      ...(serverSide === undefined ? {} : { clientObservedServerSideSessionId: serverSide }),
    }),
    note({ serverSideSessionId }) {
      if (serverSideSessionId) serverSide ??= serverSideSessionId;
    },
    async ask(what, call, signal) {
      signal.throwIfAborted();
      try {
        const response = await retry(
          async () => await call(rpc, { signal }),
          (error) => !signal.aborted && isTransient(failureOf(error)),
          backoff,
          clock,
          Math.random,
          signal,
        );
        channel.note(response);
        return response;
      } catch (error) {
        signal.throwIfAborted();
        throw await channel.explain(error, what);
      }
    },
    async explain(thrown, what) {
      return sparkError(await detailed(thrown), remote.baseUrl, what, thrown);
    },
    close() {
      connection.abort();
    },
  };
  return channel;
}
