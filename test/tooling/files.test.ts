import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NOT_OURS = ['node_modules', 'dist', 'coverage', '.dray', '.venv', '.git', 'generated'];
const MAX_LINES = 300;

function files(pattern: string): readonly string[] {
  return globSync(pattern, {
    cwd: ROOT,
    exclude: (path) => NOT_OURS.some((name) => path.split(/[\\/]/).includes(name)),
  });
}

it('has no source file over 300 lines', () => {
  const sources = files('**/*.{ts,js,mjs,py,sh,css}');
  const long = sources.filter(
    (path) => readFileSync(`${ROOT}/${path}`, 'utf8').trimEnd().split('\n').length > MAX_LINES,
  );
  expect(sources.length).toBeGreaterThan(0);
  expect(long).toEqual([]);
});

it('has no file whose name hides what is inside', () => {
  const vague = files('**/{utils,util,helpers,common,manager,service,index}.{ts,js,mjs}');
  expect(vague).toEqual([]);
});

it('names only scripts that exist in package.json', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    scripts: Record<string, string>;
  };
  const missing = Object.values(scripts)
    .map((script) => /^node (\S+)/.exec(script)?.[1])
    .filter((path) => path !== undefined && !existsSync(`${ROOT}/${path}`));
  expect(missing).toEqual([]);
});
