import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Tags of the images that `npm test` has built from this tree; absent where there is no Docker engine. */
export const images = JSON.parse(process.env['DRAY_TEST_IMAGES'] ?? 'null') as Readonly<
  Record<'job' | 'spark', string>
> | null;

/** What a suite that needs Docker appends to its title. */
export const withoutDocker = images === null ? ' (skipped: no Docker engine)' : '';

/** A container that has ended. */
export interface Exited {
  readonly code: number;
  /** Whether the kernel killed it for want of memory. */
  readonly oomKilled: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line of Docker, and returns what it prints. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await execute('docker', [...args])).stdout.trim();
}

/**
 * `docker run NAME`, watched to its end; the container is removed.
 *
 * @param onLine - called with each line of stderr as it comes.
 */
export async function runContainer(
  name: string,
  args: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<Exited> {
  const child = spawn('docker', ['run', '--name', name, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    onLine(line);
  });
  await once(child, 'close');
  const state = await docker('inspect', name, '--format', '{{json .State}}');
  await docker('rm', name);
  const { ExitCode, OOMKilled } = JSON.parse(state) as { ExitCode: number; OOMKilled: boolean };
  return { code: ExitCode, oomKilled: OOMKilled, stdout, stderr };
}
