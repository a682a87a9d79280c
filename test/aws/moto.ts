import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Python with moto; empty where there is none. */
const PYTHON = process.env['DRAY_TEST_MOTO'] ?? '';

/** What a suite that needs AWS appends to its title. */
export const withoutMoto = PYTHON === '' ? ' (skipped: no Python with moto)' : '';

export interface Aws extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
}

/** What moto takes for credentials; it checks none. */
export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' };

/** Starts an AWS of this test's own, empty. */
export async function startMoto(): Promise<Aws> {
  const program = [
    'import sys',
    'from moto.server import ThreadedMotoServer',
    "server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)",
    'server.start()',
    'print(server.get_host_and_port()[1], flush=True)',
    // Ends with its parent, however that ends.
    'sys.stdin.read()',
  ].join('\n');
  const child = spawn(PYTHON, ['-c', program], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [port] = (await Promise.race([
    once(lines, 'line'),
    exited.then(() => {
      throw new Error('moto did not start');
    }),
  ])) as [string];
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      child.kill('SIGKILL');
      await exited;
    },
  };
}
