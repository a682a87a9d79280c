import { connect, type Socket } from 'node:net';
import { Refusal } from './bucket-files.ts';
import { type Cluster, copied, csvOf, goesToS3, unload } from './copy.ts';
import type { CopyColumn } from './columnar.ts';
import { LENGTH_CHECK, refusalOf, translated } from './dialect.ts';
import {
  CANCEL_REQUEST,
  encode,
  errorFields,
  errorMessage,
  type Message,
  Messages,
  type ServerError,
  SSL_REQUEST,
  textAt,
  texts,
} from './wire.ts';

/** What a test wants to happen to a statement. */
export type Interference =
  | { readonly error: ServerError }
  /** The network breaks: before the server gets the statement, or before its answer is heard. */
  | { readonly cut: 'before' | 'after' }
  | { readonly meanwhile: () => Promise<void> };

export interface Surroundings {
  readonly cluster: Cluster;
  readonly serverPort: number;
  readonly isolation: 'serializable' | 'repeatable read';
  /** Gets each statement before it runs. */
  onStatement(sql: string): Interference | undefined;
}

/** What the real one says of two transactions that no order explains. */
export const SERIALIZATION: ServerError = {
  code: 'XX000',
  message: '1023',
  detail:
    'Serializable isolation violation on table - 117325, transactions forming the cycle are: 4711, 4712 (pid:42)',
};
const STARTUP_PARAMETERS = new Set(['user', 'database', 'client_encoding', 'application_name']);
/** No statement of anybody's: the server fails at it, which aborts the transaction as it should. */
const NONSENSE = 'refused';
const CHUNK = 65_536;

/** Stands between a client and Postgres, so that it looks like Redshift. */
export function serve(near: Socket, world: Surroundings): Socket {
  const { cluster } = world;
  const far = connect(world.serverPort, '127.0.0.1');
  for (const socket of [near, far]) socket.setNoDelay(true);
  const tables = new Map<string, readonly CopyColumn[]>();
  let pid = 0;
  /** Told in place of the server's next error. */
  let override: ServerError | undefined;
  /** Files that the server gets when it is ready for them. */
  let feeding: readonly string[] = [];
  let cutAfter = false;

  const cut = () => {
    near.destroy();
    far.end();
  };

  async function client(message: Message): Promise<void> {
    if (message.type === '') startUp(message);
    else if (message.type === 'Q') await simple(textAt(message.body, 0));
    else if (message.type === 'P') await parse(message);
    else far.write(encode(message));
  }

  function startUp({ body }: Message): void {
    const code = body.readInt32BE(0);
    if (code === SSL_REQUEST) near.write('N');
    else if (code === CANCEL_REQUEST) far.write(encode({ type: '', body }));
    else {
      const given = body
        .subarray(4)
        .toString()
        .split('\0')
        .filter((text) => text !== '');
      const stranger = given.find((name, at) => at % 2 === 0 && !STARTUP_PARAMETERS.has(name));
      if (stranger !== undefined) {
        const message = `unrecognized configuration parameter "${stranger}"`;
        near.end(encode(errorMessage({ code: '42704', message })));
        return;
      }
      const isolation = world.isolation.replace(' ', '\\ ');
      const options = `-c default_transaction_isolation=${isolation}`;
      const version = body.subarray(0, 4);
      far.write(
        encode({
          type: '',
          body: Buffer.concat([version, texts(...given, 'options', options, '')]),
        }),
      );
    }
  }

  /** @returns what the server shall run; undefined: the network broke. */
  async function judge(sql: string): Promise<string | undefined> {
    const wanted = world.onStatement(sql);
    if (wanted !== undefined && 'meanwhile' in wanted) await wanted.meanwhile();
    if (wanted !== undefined && 'cut' in wanted) {
      if (wanted.cut === 'before') {
        cut();
        return undefined;
      }
      cutAfter = true;
    }
    override = wanted !== undefined && 'error' in wanted ? wanted.error : refusalOf(sql);
    return override === undefined ? translated(sql) : NONSENSE;
  }

  async function simple(sql: string): Promise<void> {
    let run = await judge(sql);
    if (run === undefined) return;
    if (override === undefined && goesToS3(sql)) run = await throughS3(sql);
    remember(sql);
    far.write(encode({ type: 'Q', body: texts(run) }));
  }

  async function throughS3(sql: string): Promise<string> {
    try {
      if (/^\s*unload/i.test(sql)) {
        const rows = await unload(cluster, sql);
        return `set double.unloaded to '${String(rows)}'`;
      }
      const { into, csv } = await copied(cluster, sql, pid, tables);
      feeding = csv;
      return into;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      override = error.error;
      return NONSENSE;
    }
  }

  async function parse({ body }: Message): Promise<void> {
    const name = textAt(body, 0);
    const start = Buffer.byteLength(name) + 1;
    const sql = textAt(body, start);
    const run = await judge(sql);
    if (run === undefined) return;
    const rest = body.subarray(start + Buffer.byteLength(sql) + 1);
    far.write(encode({ type: 'P', body: Buffer.concat([texts(name, run), rest]) }));
  }

  function remember(sql: string): void {
    const [, table, columns = ''] =
      /^\s*create\s+temp(?:orary)?\s+table\s+"([^"]+)"\s*\((.*)\)\s*$/is.exec(sql) ?? [];
    if (table === undefined) return;
    const found = columns.matchAll(/"(\w+)"\s+([a-z ]+(?:\(\d+(?:,\d+)?\))?)/g);
    tables.set(
      table,
      [...found].map(([, name = '', type = '']) => ({ name, type: type.trim() })),
    );
  }

  async function server(message: Message): Promise<void> {
    const { type, body } = message;
    if (type === 'K') pid = body.readInt32BE(0);
    if (type === 'G') {
      await feed();
      return;
    }
    if (type === 'C' && cutAfter) {
      cut();
      return;
    }
    near.write(encode(type === 'E' ? told(body) : message));
  }

  async function feed(): Promise<void> {
    for (const path of feeding) {
      const text = await csvOf(path);
      for (let at = 0; at < text.length; at += CHUNK) {
        far.write(encode({ type: 'd', body: text.subarray(at, at + CHUNK) }));
      }
    }
    feeding = [];
    far.write(encode({ type: 'c', body: Buffer.alloc(0) }));
  }

  function told(body: Buffer): Message {
    const instead = override;
    override = undefined;
    if (instead !== undefined) return errorMessage(instead);
    const { C: code = '', n: constraint = '' } = errorFields(body);
    if (code === '40001' || code === '40P01') return errorMessage(SERIALIZATION);
    if (code === '57014') {
      return errorMessage({ code, message: `Query (${pid}) cancelled on user's request` });
    }
    if (code === '23514' && constraint.startsWith(LENGTH_CHECK)) {
      return errorMessage({ code: '22001', message: 'value too long for type character varying' });
    }
    return { type: 'E', body };
  }

  pump(near, new Messages(true), client, far);
  pump(far, new Messages(false), server, near);
  return far;
}

/** One message after the other, since some take their time; a broken end ends the other. */
function pump(
  from: Socket,
  messages: Messages,
  take: (message: Message) => Promise<void>,
  other: Socket,
): void {
  let tail = Promise.resolve();
  from.on('data', (data) => {
    for (const message of messages.add(data)) {
      tail = tail.then(async () => {
        await take(message);
      });
      tail.catch(() => {
        from.destroy();
      });
    }
  });
  from.on('error', () => from.destroy());
  from.on('close', () => {
    // What was said before the end is still to be heard.
    void tail.catch(() => undefined).then(() => other.end());
  });
}
