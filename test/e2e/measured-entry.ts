/**
 * The bundle named by DRAY_TEST_BUNDLE; at its end, what it used goes to the file DRAY_TEST_USAGE as
 * JSON: the most memory that it had resident, and the bytes that Spark has sent it.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';

const {
  DRAY_TEST_BUNDLE: bundle = '',
  DRAY_TEST_USAGE: file = '',
  SPARK_REMOTE = '',
} = process.env;
const { port } = new URL(SPARK_REMOTE.replace('sc:', 'http:'));
const sockets = new Set<Socket>();
subscribe('net.client.socket', (message) => {
  const { socket } = message as { readonly socket: Socket };
  socket.once('connect', () => {
    if (String(socket.remotePort) === port) sockets.add(socket);
  });
});

process.on('exit', () => {
  const fromSpark = [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  writeFileSync(file, JSON.stringify({ peakMb, sockets: sockets.size, fromSpark }));
});
await import(bundle);
