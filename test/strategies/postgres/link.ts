import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A network between client and server that can lose what the server says. */
export interface Link extends AsyncDisposable {
  readonly port: number;
  /** The server's answers get lost; after `ms` all open connections break, new ones work. */
  loseAnswers(ms: number): void;
}

export async function openLink(serverPort: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let deaf = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    near.on('data', (data) => far.write(data)).on('close', () => far.end());
    far.on('data', (data) => deaf.has(near) || near.write(data)).on('close', () => near.destroy());
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    loseAnswers(ms) {
      deaf = new Set(sockets);
      void delay(ms).then(() => {
        for (const socket of deaf) socket.destroy();
      });
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
