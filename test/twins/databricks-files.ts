import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Refusal } from './databricks-checks.ts';
import type { RestAnswer, RestCall } from './rest.ts';

/**
 * Puts a file into a volume, or gives it back.
 *
 * @param volumes - folder that `/Volumes` is.
 */
export async function fileIn(
  volumes: string,
  { method, path, body }: RestCall,
): Promise<RestAnswer> {
  const file = join(volumes, decodeURIComponent(path.replace('/api/2.0/fs/files/Volumes/', '')));
  if (method === 'PUT') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body);
    return { status: 204 };
  }
  try {
    return { status: 200, bytes: await readFile(file) };
  } catch {
    return refused(new Refusal(404, 'NOT_FOUND', `The file ${path} does not exist.`));
  }
}

/** As Databricks words its refusals. */
export function refused({ status, code, message }: Refusal): RestAnswer {
  return { status, json: { error_code: code, message } };
}
