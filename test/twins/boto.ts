import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const PYTHON = process.env['DRAY_TEST_MOTO'] ?? '';

/**
 * Runs a program of this folder that talks to a twin through boto3.
 *
 * @param given - JSON that it reads.
 * @returns the JSON that it prints.
 */
export async function askBoto(program: string, given: unknown): Promise<unknown> {
  const child = spawn(PYTHON, [join(import.meta.dirname, program)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(given));
  return JSON.parse(await text(child.stdout)) as unknown;
}
