import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import {
  type Contents,
  contentsOf,
  type Ended,
  openWorld,
  type Prepared,
  type World,
} from './world.ts';

/** The window that the scene's runs are for; the earlier load is of the week before. */
export const WINDOW = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const EARLIER = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];

/** Everything that a reader of the three sinks, or the next run, could trip over. */
export interface State {
  readonly contents: Contents;
  readonly files: readonly string[];
  readonly tables: readonly unknown[];
  readonly loads: readonly unknown[];
  /** Claims that nobody has released. */
  readonly held: readonly string[];
}

export interface Failure {
  readonly exit: number;
  readonly code: string;
  /** What the message has to name: the offending value, what was expected. */
  readonly says: readonly string[];
}

/** Three sinks that hold a good load of another window, and a config to change. */
export interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly at: Prepared;
  readonly source: string;
  /** Arguments for the scene's config with changes merged into it; null removes a key. */
  args(changes?: Changes, window?: readonly string[]): Promise<readonly string[]>;
  state(): Promise<State>;
}

export type Changes = Readonly<Record<string, unknown>>;

export async function openScene(changes: Changes = {}): Promise<Scene> {
  const world = await openWorld();
  try {
    return await setUp(world, changes);
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

async function setUp(world: World, always: Changes): Promise<Scene> {
  const source = await world.smallSource();
  const at = await world.config('scene', { source });
  const base = merged(JSON.parse(await readFile(at.file, 'utf8')), always);
  let configs = 0;
  const scene: Scene = {
    world,
    at,
    source,
    async args(changes = {}, window = WINDOW) {
      configs += 1;
      const file = join(world.folder, `config-${String(configs)}.json`);
      await writeFile(file, JSON.stringify(merged(base, changes), null, 2));
      return ['--module_name', 'load_promos', '--load_promos_job', `@${file}`, ...window];
    },
    state: async () => await stateOf(world, at),
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
    },
  };
  const earlier = await world.run(await scene.args({}, EARLIER));
  if (earlier.code !== 0) throw new Error(`the earlier load failed:\n${earlier.stderr}`);
  return scene;
}

/** Runs something that must fail with one clear message and must leave everything as it was. */
export async function expectFailure(
  scene: Scene,
  args: readonly string[],
  failure: Failure,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const before = await scene.state();
  const ended = await scene.world.run(args, env);
  expectMessage(ended, failure);
  expect(await scene.state()).toEqual(before);
  return ended;
}

/** One JSON line for programs, one message with a hint for people, and no stack. */
export function expectMessage({ stdout, stderr, line, code }: Ended, failure: Failure): void {
  const { exit, code: name, says } = failure;
  expect(`${stderr}\nexit code ${String(code)}`).toContain(`${name}  `);
  expect(code).toBe(exit);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(line).toMatchObject({ exit_code: exit, error: { code: name } });
  expect(stderr.split(`${name}  `)).toHaveLength(2);
  expect(stderr).toContain('what to do next: ');
  expect(stderr).not.toMatch(/^\s+at .*[(:]/m);
  const [, message = ''] = stderr.split(`${name}  `);
  for (const text of says) expect(message).toContain(text);
}

/** The next run finds nothing in its way: it loads at once and the law holds. */
export async function expectLoads(scene: Scene, args: readonly string[]): Promise<Ended> {
  const ended = await scene.world.run(args);
  expect(ended.stderr).toContain('completed');
  expect(ended.stderr).not.toContain('waiting for run');
  expect(ended.code).toBe(0);
  const { unity, stage, redshift } = await contentsOf(scene.world, scene.at);
  expect([stage, redshift]).toEqual([unity, unity]);
  return ended;
}

async function stateOf(world: World, at: Prepared): Promise<State> {
  const target = `'${at.table}'`;
  const held = await world.query(
    `select 'postgres ' || number as claim from public._dray_claims where not released and target like '%' || ${target}`,
  );
  return {
    contents: await contentsOf(world, at),
    files: [...(await filesOf(at.unity)), ...(await filesOf(at.stage))],
    tables: await world.query(
      `select schemaname, tablename from pg_tables where schemaname <> 'information_schema' and schemaname <> 'pg_catalog' order by 1, 2`,
    ),
    loads: await world.query('select * from public._dray_loads order by 1, 2'),
    held: [
      ...held.map((row) => String(row['claim'])),
      ...(await heldIn(at.unity)),
      ...(await heldIn(at.stage)),
    ],
  };
}

/** All files but the claims, which a failed run leaves behind released. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('_dray/claims'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function heldIn(folder: string): Promise<readonly string[]> {
  const claims = join(folder, '_dray/claims');
  const held: string[] = [];
  for (const name of await readdir(claims)) {
    const claim = JSON.parse(await readFile(join(claims, name), 'utf8')) as { released: boolean };
    if (!claim.released) held.push(join(claims, name));
  }
  return held;
}

function merged(value: unknown, changes: Changes): Changes {
  const result: Record<string, unknown> = { ...(value as Changes) };
  for (const [key, change] of Object.entries(changes)) {
    if (change === null) result[key] = undefined;
    else if (typeof change !== 'object') result[key] = change;
    else result[key] = merged(result[key], change as Changes);
  }
  return result;
}
