import { Code, ConnectError } from '@connectrpc/connect';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { isTransient, sparkError } from '../../../engines/bigdata/errors.ts';
import { failureOf, withDetails } from '../../../engines/bigdata/failure.ts';
import { ErrorInfoSchema } from '../../../engines/bigdata/generated/google/rpc/error_details_pb.ts';
import { FetchErrorDetailsResponseSchema } from '../../../engines/bigdata/generated/spark/connect/base_pb.ts';

const URL = 'http://127.0.0.1:15002';

/** As Spark throws it; 3.5 gives no metadata but the classes. */
function fromSpark(message: string, metadata: Record<string, string> = {}, code = Code.Internal) {
  return new ConnectError(message, code, undefined, [
    { desc: ErrorInfoSchema, value: { domain: 'org.apache.spark', metadata } },
  ]);
}

function jobError(thrown: unknown) {
  return sparkError(failureOf(thrown), URL, 'select 1', thrown);
}

describe('an error of Spark', () => {
  it('is one short message with condition and SQL state, the statement in the cause', () => {
    const thrown = fromSpark(
      '[TABLE_OR_VIEW_NOT_FOUND] The table or view `t` cannot be found. Verify it.\nTo tolerate, use IF EXISTS. SQLSTATE: 42P01; line 1 pos 14',
      { errorClass: 'TABLE_OR_VIEW_NOT_FOUND', sqlState: '42P01' },
    );
    const error = jobError(thrown);
    expect(error).toMatchObject({
      code: 'ENGINE_FAILED',
      message:
        'the table or view `t` cannot be found. Verify it (TABLE_OR_VIEW_NOT_FOUND, SQL state 42P01)',
    });
    expect(error.cause).toMatchObject({ cause: thrown });
    expect(String(error.cause)).toContain('in: select 1');
  });

  it('keeps condition and message of Spark 3.5, which has them in the text only', () => {
    const task =
      'Job aborted due to stage failure: Task 0 in stage 2.0 failed 1 times, most recent failure: Lost task 0.0 in stage 2.0 (TID 2) (host.example executor driver): org.apache.spark.SparkArithmeticException: [DIVIDE_BY_ZERO] Division by zero. Use `try_divide`.\n\tat org.apache.spark.Executor.run(Executor.scala:1)';
    expect(jobError(fromSpark(task)).message).toBe(
      'division by zero. Use `try_divide` (DIVIDE_BY_ZERO)',
    );
  });

  it.each([
    ['java.lang.OutOfMemoryError: Java heap space', 'ENGINE_OUT_OF_MEMORY'],
    ['Container killed by YARN for exceeding memory limits', 'ENGINE_OUT_OF_MEMORY'],
    ['ExecutorLostFailure: exited with code 137', 'ENGINE_OUT_OF_MEMORY'],
    ['[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 65536 bytes', 'ENGINE_OUT_OF_MEMORY'],
    ['java.io.IOException: No space left on device', 'DISK_FULL'],
    ['[INVALID_HANDLE.SESSION_NOT_FOUND] The handle is invalid', 'SPARK_SESSION_LOST'],
    ['[INVALID_HANDLE.SESSION_CHANGED] The handle is invalid', 'SPARK_SESSION_LOST'],
    ['[INVALID_HANDLE.OPERATION_ABANDONED] The handle is invalid', 'SPARK_SESSION_LOST'],
    ['[INVALID_CURSOR.POSITION_NOT_AVAILABLE] The cursor is invalid', 'SPARK_SESSION_LOST'],
    ['Cannot call methods on a stopped SparkContext.', 'SPARK_SESSION_LOST'],
    ['[DATA_SOURCE_NOT_FOUND] Failed to find the data source: delta.', 'EXTENSION_MISSING'],
    ['java.lang.ClassNotFoundException: io.delta.DeltaTable', 'EXTENSION_MISSING'],
    ['[DATA_SOURCE_NOT_FOUND] Failed to find the data source: avro.', 'ENGINE_FAILED'],
    ['[OPERATION_CANCELED] Operation has been canceled.', 'ENGINE_FAILED'],
    ['something nobody has seen', 'ENGINE_FAILED'],
  ])('%j is %s', (message, code) => {
    expect(jobError(fromSpark(message)).code).toBe(code);
  });

  it('names the jar when a class of Delta or of the driver is missing', () => {
    const delta = jobError(fromSpark('Failed to find the data source: delta.'));
    expect(delta.hint).toContain('io.delta:delta-spark');
    const driver = fromSpark('org.postgresql.Driver', {
      classes: '["java.lang.ClassNotFoundException","java.lang.Exception"]',
    });
    expect(jobError(driver)).toMatchObject({ code: 'EXTENSION_MISSING' });
    expect(jobError(driver).hint).toContain('org.postgresql:postgresql');
  });

  it('is known by a cause that only the details tell', () => {
    const failure = failureOf(fromSpark('Job aborted.', { errorId: 'e-1' }));
    const details = create(FetchErrorDetailsResponseSchema, {
      rootErrorIdx: 0,
      errors: [
        { message: 'Writing job failed.', causeIdx: 1, errorTypeHierarchy: ['A'] },
        { message: 'Java heap space', errorTypeHierarchy: ['java.lang.OutOfMemoryError'] },
      ],
    });
    const error = sparkError(withDetails(failure, details), URL, 'select 1', undefined);
    expect(error).toMatchObject({ code: 'ENGINE_OUT_OF_MEMORY', message: 'writing job failed' });
  });
});

describe('an error of the connection', () => {
  it('is an unreachable server when nobody answers, and worth a retry', () => {
    const error = jobError(new ConnectError('connect ECONNREFUSED', Code.Unavailable));
    expect(error).toMatchObject({ code: 'SPARK_UNREACHABLE', retryable: true });
    expect(error.message).toContain(`"${URL}"`);
  });

  it.each([Code.Unauthenticated, Code.PermissionDenied])(
    'is a refusal with gRPC code %d',
    (code) => {
      const thrown = new ConnectError('Invalid authentication token', code);
      expect(jobError(thrown)).toMatchObject({ code: 'SPARK_REFUSED', retryable: false });
    },
  );

  it('may be cured by another try; an answer of Spark may not', () => {
    for (const code of [Code.Internal, Code.Canceled, Code.Aborted, Code.Unavailable]) {
      expect(isTransient(failureOf(new ConnectError('http/2 stream closed', code)))).toBe(true);
    }
    expect(isTransient(failureOf(fromSpark('[PARSE_SYNTAX_ERROR] no')))).toBe(false);
    expect(isTransient(failureOf(fromSpark('[INVALID_CURSOR.DISCONNECTED] cut')))).toBe(true);
  });
});
