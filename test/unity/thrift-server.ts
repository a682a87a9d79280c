import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** For the name `localhost`, trusted by nobody: made for these tests, and worth nothing elsewhere. */
export const CERTIFICATE = readFileSync(join(import.meta.dirname, 'localhost.pem'), 'utf8');

/** What a statement comes to. */
export type Answer =
  | { readonly rows: readonly Readonly<Record<string, string | null>>[] }
  | { readonly error: string; readonly sqlState?: string };

export interface Requests {
  /** HTTP status to answer a call with in place of the call; undefined: go on. */
  refuse(method: string, authorization: string): number | undefined;
  session(configuration: Readonly<Record<string, string>>): void;
  /** How often the statement is asked for and still runs. */
  polls(sql: string): number;
  execute(sql: string, parameters: Readonly<Record<string, string>>): Promise<Answer>;
  /** Somebody asked, and the statement still runs. */
  running(sql: string): void;
  cancelled(sql: string): void;
}

interface Operation {
  readonly sql: string;
  readonly answer: Answer;
  polls: number;
  isCancelled: boolean;
  isFetched: boolean;
}

interface Handle {
  readonly operationHandle: { readonly operationId: { readonly guid: Buffer } };
}
interface Session {
  readonly sessionHandle: { readonly sessionId: { readonly guid: Buffer } };
}
interface Execute {
  readonly statement: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly value: { readonly stringValue: string };
  }[];
}
interface Process {
  process(input: unknown, output: unknown): void;
}
interface Thrift {
  readonly TBufferedTransport: {
    new (buffer: undefined, flush: (bytes: Buffer) => void): object;
    receiver(each: (transport: object) => void): (bytes: Buffer) => void;
  };
  readonly TBinaryProtocol: new (transport: object) => object;
}

// The driver's own generated code answers, with the very library that the driver talks through.
const ofDriver = createRequire(createRequire(import.meta.url).resolve('@databricks/sql'));
const thrift = ofDriver('thrift') as Thrift;
const { Processor } = ofDriver('../thrift/TCLIService') as {
  Processor: new (handler: object) => Process;
};
const types = ofDriver('../thrift/TCLIService_types') as Readonly<
  Record<string, Readonly<Record<string, number>>>
>;

const OK = { statusCode: types['TStatusCode']?.['SUCCESS_STATUS'] };
const STATES = types['TOperationState'] ?? {};

/** Serves the calls of TCLIService that the driver makes, over HTTPS on a port of its own. */
export async function serveThrift(requests: Requests): Promise<{
  readonly host: string;
  openSessions(): number;
  close(): Promise<void>;
}> {
  const operations = new Map<string, Operation>();
  const sessions = new Set<string>();
  const operationOf = (handle: Handle): Operation => {
    const found = operations.get(handle.operationHandle.operationId.guid.toString('hex'));
    if (found === undefined) throw new Error('no such operation');
    return found;
  };
  const processor = new Processor({
    OpenSession: (request: { readonly configuration?: Readonly<Record<string, string>> }) => {
      requests.session(request.configuration ?? {});
      const sessionId = newId();
      sessions.add(sessionId.guid.toString('hex'));
      return Promise.resolve({
        status: OK,
        serverProtocolVersion: types['TProtocolVersion']?.['SPARK_CLI_SERVICE_PROTOCOL_V8'],
        sessionHandle: { sessionId },
      });
    },
    CloseSession: ({ sessionHandle }: Session) => {
      sessions.delete(sessionHandle.sessionId.guid.toString('hex'));
      return Promise.resolve({ status: OK });
    },
    ExecuteStatement: async ({ statement, parameters = [] }: Execute) => {
      const named = parameters.map(({ name, value }) => [name, value.stringValue] as const);
      const answer = await requests.execute(statement, Object.fromEntries(named));
      const operationId = newId();
      const polls = requests.polls(statement);
      operations.set(operationId.guid.toString('hex'), {
        sql: statement,
        answer,
        polls,
        isCancelled: false,
        isFetched: false,
      });
      return { status: OK, operationHandle: { operationId, operationType: 0, hasResultSet: true } };
    },
    GetOperationStatus: (handle: Handle) => {
      const operation = operationOf(handle);
      if (operation.isCancelled) {
        return Promise.resolve({ status: OK, operationState: STATES['CANCELED_STATE'] });
      }
      operation.polls -= 1;
      if (operation.polls >= 0) {
        requests.running(operation.sql);
        return Promise.resolve({ status: OK, operationState: STATES['RUNNING_STATE'] });
      }
      const { answer } = operation;
      if ('rows' in answer) {
        return Promise.resolve({ status: OK, operationState: STATES['FINISHED_STATE'] });
      }
      return Promise.resolve({
        ...{ status: OK, operationState: STATES['ERROR_STATE'], sqlState: answer.sqlState },
        ...{ errorMessage: answer.error, displayMessage: answer.error },
      });
    },
    GetResultSetMetadata: (handle: Handle) => {
      const { answer } = operationOf(handle);
      return Promise.resolve({
        status: OK,
        resultFormat: types['TSparkRowSetType']?.['COLUMN_BASED_SET'],
        schema: {
          columns: columnsOf(answer).map((columnName, index) => described(columnName, index)),
        },
      });
    },
    FetchResults: (handle: Handle) => {
      const operation = operationOf(handle);
      const { answer, isFetched } = operation;
      // The driver asks on until it gets no rows, whatever `hasMoreRows` says.
      const rows = 'rows' in answer && !isFetched ? answer.rows : [];
      operation.isFetched = true;
      const columns = columnsOf(answer).map((name) => ({
        stringVal: {
          values: rows.map((row) => row[name] ?? ''),
          nulls: nullBits(rows.map((row) => row[name] ?? null)),
        },
      }));
      return Promise.resolve({
        ...{ status: OK, hasMoreRows: false },
        results: { startRowOffset: 0, rows: [], columns },
      });
    },
    CancelOperation: (handle: Handle) => {
      const operation = operationOf(handle);
      operation.isCancelled = true;
      requests.cancelled(operation.sql);
      return Promise.resolve({ status: OK });
    },
    CloseOperation: (handle: Handle) => {
      operationOf(handle).isCancelled = true;
      return Promise.resolve({ status: OK });
    },
  });

  const server = createServer({ key: CERTIFICATE, cert: CERTIFICATE }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const status = requests.refuse(methodOf(bytes), request.headers.authorization ?? '');
      if (status !== undefined) {
        response.writeHead(status).end();
        return;
      }
      const flush = (answer: Buffer) => response.writeHead(200).end(answer);
      const output = new thrift.TBinaryProtocol(new thrift.TBufferedTransport(undefined, flush));
      thrift.TBufferedTransport.receiver((input) => {
        processor.process(new thrift.TBinaryProtocol(input), output);
      })(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `localhost:${String((server.address() as AddressInfo).port)}`,
    openSessions: () => sessions.size,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Strict binary protocol: four bytes of version and type, then the name's length and the name. */
function methodOf(bytes: Buffer): string {
  const length = bytes.length < 8 ? 0 : bytes.readUInt32BE(4);
  return bytes.toString('utf8', 8, 8 + length);
}

function newId(): { readonly guid: Buffer; readonly secret: Buffer } {
  return { guid: Buffer.from(randomUUID().replaceAll('-', ''), 'hex'), secret: Buffer.alloc(16) };
}

function columnsOf(answer: Answer): readonly string[] {
  const [first] = 'rows' in answer ? answer.rows : [];
  return Object.keys(first ?? { result: '' });
}

function described(columnName: string, index: number): object {
  const type = types['TTypeId']?.['STRING_TYPE'];
  return { columnName, position: index + 1, typeDesc: { types: [{ primitiveEntry: { type } }] } };
}

function nullBits(values: readonly (string | null)[]): Buffer {
  const bits = Buffer.alloc(Math.ceil(values.length / 8));
  values.forEach((value, index) => {
    if (value === null) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bits;
}
