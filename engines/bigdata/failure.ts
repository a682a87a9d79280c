import { type Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from './generated/google/rpc/error_details_pb.ts';
import type { FetchErrorDetailsResponse } from './generated/spark/connect/base_pb.ts';

/** What is known about a failed call: of gRPC, of Spark's error info, of its error details. */
export interface Failure {
  readonly code: Code;
  /** Whether Spark itself answered; otherwise the connection, a proxy or an interceptor failed. */
  readonly fromSpark: boolean;
  /** Spark's message, without the condition in front and the SQL state behind it. */
  readonly message: string;
  /** The error condition, such as `TABLE_OR_VIEW_NOT_FOUND` or `INVALID_HANDLE.SESSION_CLOSED`. */
  readonly condition: string | undefined;
  readonly sqlState: string | undefined;
  /** Names the error to FetchErrorDetails (4.x). */
  readonly errorId: string | undefined;
  /** Everything that was said, causes included, for the patterns and for --verbose. */
  readonly text: string;
}

/** `[TABLE_OR_VIEW_NOT_FOUND] The table ... SQLSTATE: 42P01; line 1 pos 14`, the form of 3.5 too. */
const CONDITION = /(?:^|\s)\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]\s*/;
const SQL_STATE = /\.?\s*\(?SQLSTATE: ([0-9A-Z]{5})\)?/;
/** `(org.apache.spark.sql.AnalysisException) ` is what 3.5 and 4.x put in front of every message. */
const JAVA_CLASS = /^\((?:[a-z]\w*\.)+[A-Z][\w$]*\)\s*/;

/** What a thrown value of the transport says by itself. */
export function failureOf(thrown: unknown): Failure {
  const error = ConnectError.from(thrown);
  const [info] = error.findDetails(ErrorInfoSchema);
  const { errorClass, sqlState, errorId, classes = '' } = info?.metadata ?? {};
  const [javaClass] = /[\w.$]+/.exec(classes) ?? [];
  const raw = error.rawMessage.replace(JAVA_CLASS, '');
  return {
    code: error.code,
    fromSpark: info !== undefined || CONDITION.test(raw),
    message: plainMessage(raw),
    condition: errorClass ?? CONDITION.exec(raw)?.[1],
    sqlState: sqlState ?? SQL_STATE.exec(raw)?.[1],
    errorId,
    text: javaClass === undefined ? error.rawMessage : `${javaClass}: ${error.rawMessage}`,
  };
}

/** The failure with what FetchErrorDetails told about it: the whole message and its causes. */
export function withDetails(failure: Failure, details: FetchErrorDetailsResponse): Failure {
  const root = details.errors[details.rootErrorIdx ?? -1];
  if (root === undefined) return failure;
  const chain = [root];
  for (let at = root.causeIdx; at !== undefined && chain.length < 10;) {
    const cause = details.errors[at];
    if (cause === undefined) break;
    chain.push(cause);
    at = cause.causeIdx;
  }
  return {
    ...failure,
    message: plainMessage(root.message),
    condition: root.sparkThrowable?.errorClass ?? failure.condition,
    sqlState: root.sparkThrowable?.sqlState ?? failure.sqlState,
    text: chain
      .map(({ errorTypeHierarchy: [type = 'error'], message }) => `${type}: ${message}`)
      .join('\ncaused by '),
  };
}

/** What Spark puts before the error of a task: where it ran, and the Java class of the error. */
const TASK = /^Job aborted due to stage failure: .*?\): (?:[a-z]\w*\.)+[A-Z][\w$]*: /;

/** The first line that says something, without condition, SQL state and position. */
function plainMessage(text: string): string {
  const bare = text.replace(TASK, '').replace(CONDITION, ' ');
  const line = bare.split('\n').find((part) => part.trim() !== '') ?? text;
  return line
    .replace(/\.?\s*\(?SQLSTATE: [0-9A-Z]{5}\)?.*$/, '')
    .replace(/\.?\s*\(line \d+, pos \d+\)$/, '')
    .trim()
    .replace(/\.$/, '')
    .slice(0, 500);
}
