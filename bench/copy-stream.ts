import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Socket } from 'node:net';
import type { Client, Submittable } from 'pg';

/** What the driver's connection has for COPY and its published types leave out. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
  readonly stream: Socket;
}

interface CopyMessage {
  readonly chunk: Buffer;
}

/** Runs one COPY statement on the driver's own protocol hooks. */
async function copy(
  client: Client,
  sql: string,
  hooks: {
    readonly onReadyToReceive?: (connection: CopyConnection) => void;
    readonly onData?: (chunk: Buffer, connection: CopyConnection) => void;
  },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let failure: Error | undefined;
    const statement = {
      submit(connection: CopyConnection) {
        connection.query(sql);
      },
      handleCopyInResponse: hooks.onReadyToReceive ?? (() => undefined),
      handleCopyData({ chunk }: CopyMessage, connection: CopyConnection) {
        hooks.onData?.(chunk, connection);
      },
      handleCommandComplete: () => undefined,
      handleError(error: Error) {
        failure = error;
      },
      handleReadyForQuery() {
        if (failure === undefined) resolve();
        else reject(failure);
      },
    };
    client.query(statement as unknown as Submittable);
  });
}

/** `COPY ... TO STDOUT` into a file, no faster than the disk takes it. */
export async function copyToFile(client: Client, sql: string, path: string): Promise<void> {
  const file = createWriteStream(path);
  await copy(client, sql, {
    onData(chunk, { stream }) {
      // A copy of the chunk: the driver uses its buffer again.
      if (file.write(Buffer.from(chunk)) || stream.isPaused()) return;
      stream.pause();
      file.once('drain', () => stream.resume());
    },
  });
  file.end();
  await finished(file);
}

/** `COPY ... FROM STDIN` from a file, never further ahead than the socket. */
export async function copyFromFile(client: Client, sql: string, path: string): Promise<void> {
  await copy(client, sql, {
    onReadyToReceive(connection) {
      void (async () => {
        try {
          for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
            connection.sendCopyFromChunk(chunk as Buffer);
            if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
          }
          connection.endCopyFrom();
        } catch (error) {
          connection.sendCopyFail(String(error));
        }
      })();
    },
  });
}
