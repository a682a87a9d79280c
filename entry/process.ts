import { readFile } from 'node:fs/promises';
import type { Surroundings } from './context.ts';
import type { EntryOutput } from './generic-main.ts';

/** The real process as the entry sees it. */
export function processSurroundings(): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    nodeVersion: process.versions.node,
    readFile: (path) => readFile(path, 'utf8'),
  };
}

export function processOutput(): EntryOutput {
  return { stdout: process.stdout, stderr: process.stderr };
}
