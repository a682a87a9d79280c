import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { childrenOf, launchSpark } from '../launcher/launch.ts';
import { sparkVersions, withoutSpark } from '../spark/server.ts';
import { contentsOf, openWorld, type Prepared, ROOT, type World } from './world.ts';

/** The last place before Spark commits to Delta: everything is staged, Postgres has committed. */
const BEFORE_DELTA = 'delta:commit:before#1';
const [version = ''] = sparkVersions;
let world: World;
let source: string;

const describeSpark = withoutSpark === '' ? describe : describe.skip;

function runOf(at: Prepared, attempt: number): readonly string[] {
  return ['--run_id', `killed-${at.table}`, '--attempt', String(attempt)];
}

async function onBulk(at: Prepared): Promise<readonly string[]> {
  const config = JSON.parse(await readFile(at.file, 'utf8')) as Record<string, unknown>;
  await writeFile(at.file, JSON.stringify({ ...config, strategy_type: 'bulk' }));
  return at.args;
}

function launch(at: Prepared, attempt: number, env: Readonly<Record<string, string>>) {
  return launchSpark(version, [...at.args, ...runOf(at, attempt)], {
    DRAY_BUNDLE: join(ROOT, 'test/e2e/failing-entry.ts'),
    PROMOS_DB_PASSWORD: world.postgres.password,
    ...env,
  });
}

/** What is below a process, by name: `node`, `java`. */
function treeOf(pid: number): readonly { readonly pid: number; readonly name: string }[] {
  return childrenOf(pid).flatMap((child) => [child, ...treeOf(child.pid)]);
}

describeSpark(`a load on Spark that is killed before its commit${withoutSpark}`, () => {
  beforeAll(async () => {
    world = await openWorld();
    source = await world.smallSource();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  // Spark takes a while to start where other suites run beside it.
  const LIMIT_MS = 300_000;

  it.each([
    ['the launcher', 'kill -9 $LAUNCHER', 137],
    ['Node', 'kill -9 $NODE', 137],
    ['Spark', 'pkill -9 -P $LAUNCHER java', 3],
  ])(
    'with %s leaves no process, and the next attempt, on bulk, loads it once',
    async (who, kill, code) => {
      const at = await world.config(`kill ${who}`, { source, set: { strategy_type: 'bigdata' } });
      // The shell's parent is Node, whose parent is the launcher.
      const script = `NODE=$PPID; LAUNCHER=$(ps -o ppid= -p $NODE); ${kill}`;
      using first = launch(at, 1, {
        DRAY_TEST_FAIL: `${BEFORE_DELTA}=exec`,
        DRAY_TEST_EXEC: script,
      });
      await first.says('transform: done');
      const tree = treeOf(first.pid);
      expect(tree.map(({ name }) => name)).toEqual(expect.arrayContaining(['java']));
      expect(await first.ended).toMatchObject({
        code,
        stderr: expect.stringContaining('failpoint'),
      });
      expect([first.pid, ...tree.map(({ pid }) => pid)].filter((pid) => isAlive(pid))).toEqual([]);

      // What one engine began, another finds: the load id does not depend on it.
      const second = await world.run([...(await onBulk(at)), ...runOf(at, 2)]);
      expect(second.stderr).toContain('completed');
      expect(second.line).toMatchObject({ exit_code: 0, engine: 'bulk' });
      const { unity, stage, redshift } = await contentsOf(world, at);
      expect([stage, redshift]).toEqual([unity, unity]);
      const loads = await world.query(
        `select count(*)::int as loads from public._dray_loads where target like '%${at.table}'`,
      );
      expect(loads).toEqual([{ loads: 1 }]);
    },
    LIMIT_MS,
  );
});

function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout !== '' && !stdout.startsWith('Z');
}
