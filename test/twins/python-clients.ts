import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The interpreter with Databricks' own packages. */
export const DATABRICKS_PYTHON = process.env['DRAY_TEST_DATABRICKS'] ?? '';
export const withoutDatabricks =
  DATABRICKS_PYTHON === '' ? ' (skipped: no Python with packages of Databricks)' : '';

/** Runs a program of this folder that talks to a twin through boto3. */
export async function askBoto(program: string, given: unknown): Promise<unknown> {
  return await askPython(process.env['DRAY_TEST_MOTO'] ?? '', program, given);
}

/**
 * Runs a program of this folder.
 *
 * @param given - JSON that it reads.
 * @param env - variables of its own, beside those that are there.
 * @returns the JSON that it prints.
 */
export async function askPython(
  python: string,
  program: string,
  given: unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const child = spawn(python, [join(import.meta.dirname, program)], {
    env: { ...process.env, ...env },
  });
  child.stdin.end(JSON.stringify(given));
  const [answer, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  // It is empty where the program has ended with an exception.
  if (answer === '') throw new Error(`${program} has no answer:\n${said}`);
  return JSON.parse(answer) as unknown;
}
