import { connect } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { type Finding, ok, red, within } from '../../core/finding.ts';

const CONNECT_MS = 5_000;

/** Whether a place accepts a TCP connection. */
export async function hostFinding(
  place: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding> {
  const name = `network ${place}`;
  const [host = '', port = ''] = place.split(/:(?=\d+$)/);
  const startMs = clock.monotonicMs();
  try {
    await within(CONNECT_MS, signal, (limited) => connected(host, Number(port), limited));
    return ok(name, `connected in ${String(Math.round(clock.monotonicMs() - startMs))} ms`);
  } catch (error) {
    signal.throwIfAborted();
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const why = isLate ? `no answer within ${String(CONNECT_MS / 1000)} s` : messageOf(error);
    return red(
      name,
      why,
      'open the way: DNS, security group or firewall, subnet and its route, VPC endpoint',
    );
  }
}

async function connected(host: string, port: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (): void => {
      socket.destroy();
    };
    signal.addEventListener('abort', end, { once: true });
    socket.once('connect', () => {
      end();
      resolve();
    });
    socket.once('error', (error) => {
      end();
      reject(error);
    });
  });
}
