import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildDist } from '../e2e/built.ts';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;

beforeAll(async () => {
  await buildDist();
  folder = await mkdtemp(join(tmpdir(), 'dray-bundle-'));
  await cp(join(ROOT, 'dist/generic-entry.mjs'), join(folder, 'generic-entry.mjs'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(process.execPath, [join(folder, 'generic-entry.mjs'), ...args], {
    cwd: folder,
    env: {},
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout };
}

describe('the bundle alone, with no packages beside it', () => {
  it('starts', async () => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n` });
  });

  it('answers bad arguments with one line of JSON and leaves nothing behind', async () => {
    const { code, stdout } = await run('--module_name', 'load_promo', '--run_id', 'r-1');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'dray.result/1',
      run_id: 'r-1',
      status: 'failed',
      exit_code: 2,
    });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['generic-entry.mjs']);
  });

  it('says what is missing when a run needs the engine', async () => {
    const config = JSON.stringify({
      extractor_config: { strategy: 'PARQUET', source_table: '/nowhere' },
    });
    const { stdout } = await run('--module_name', 'load_promos', '--load_promos_job', config);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'ENGINE_FAILED', hint: expect.stringContaining('@duckdb/node-api') },
    });
  });
});
