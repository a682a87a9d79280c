import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Where a connection is cut. */
export type Cut =
  /** In the middle of a COPY: some of its rows are on their way. */
  | 'copy'
  /** The ledger's entry is on its way, and nobody hears whether it arrived. */
  | 'ledger'
  /** The client has sent COMMIT, which does not reach the server. */
  | 'before commit'
  /** The server has committed, and its answer is lost. */
  | 'after commit';

/** A network between client and server that breaks at a named place, once. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Whether it has been broken. */
  readonly isCut: boolean;
  /** New connections work again. */
  heal(): void;
}

/** Message types of the client, https://www.postgresql.org/docs/current/protocol-message-formats.html */
const QUERY = 'Q';
const PARSE = 'P';
const COPY_DATA = 'd';
const LEDGER = /insert into\s+\S*"_dray_loads"/;
/** Of a COPY's bytes, so many arrive. */
const COPIED_BYTES = 20_000;

/**
 * Reads what the client says, message by message.
 *
 * @param wholeNetwork - after the cut nothing gets through until `heal`; else only this connection.
 */
export async function startCuttingProxy(
  serverPort: number,
  cut: Cut,
  wholeNetwork: boolean,
): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let isCut = false;
  let isDown = false;

  const server = createServer((client) => {
    if (isDown) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());

    let isLoading = false;
    let copied = 0;
    let isDeaf = false;
    const breakOff = () => {
      isCut = true;
      isDown = wholeNetwork;
      for (const socket of wholeNetwork ? open : [client, upstream]) socket.destroy();
    };
    upstream.on('data', (chunk) => {
      if (isDeaf) breakOff();
      else client.write(chunk);
    });

    /** What becomes of a message: false is that it does not reach the server. */
    function passes(type: string, body: string): boolean {
      if (isCut) return true;
      if ((type === QUERY || type === PARSE) && LEDGER.test(body)) {
        isLoading = true;
        isDeaf = cut === 'ledger';
      }
      if (type === QUERY && isLoading && body.startsWith('commit')) {
        isDeaf = cut === 'after commit';
        if (cut === 'before commit') {
          breakOff();
          return false;
        }
      }
      if (type === COPY_DATA) copied += body.length;
      if (cut === 'copy' && copied > COPIED_BYTES) {
        breakOff();
        return false;
      }
      return true;
    }

    let pending = Buffer.alloc(0);
    let isGreeting = true;
    client.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        // The first message has no type.
        const head = isGreeting ? 0 : 1;
        if (pending.length < head + 4) return;
        const size = head + pending.readUInt32BE(head);
        if (pending.length < size) return;
        const message = pending.subarray(0, size);
        pending = pending.subarray(size);
        const type = isGreeting ? '' : String.fromCharCode(message[0] ?? 0);
        const isAboutTls = isGreeting && size === 8;
        isGreeting = isAboutTls;
        if (!passes(type, message.subarray(head + 4).toString('latin1'))) return;
        if (!upstream.destroyed) upstream.write(message);
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get isCut() {
      return isCut;
    },
    heal() {
      isDown = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
