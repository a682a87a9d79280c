import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cut, startCuttingProxy } from '../strategies/postgres/cutting-proxy.ts';
import { type Ended, openWorld, type World } from './world.ts';

const WINDOW = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];
let world: World;
let source: string;
let golden: readonly string[];

beforeAll(async () => {
  world = await openWorld();
  source = await world.smallSource();
  const at = await target('golden', world.postgres.port);
  const { code, stderr } = await at.load();
  if (code !== 0) throw new Error(stderr);
  golden = await at.state();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

interface Target {
  load(...flags: readonly string[]): Promise<Ended>;
  /** Rows of the table with a hash, and the loads of its ledger. */
  state(): Promise<readonly string[]>;
}

/** A table of its own that an append goes into: what is loaded twice is there twice. */
async function target(name: string, port: number): Promise<Target> {
  const cwd = join(world.folder, name);
  await mkdir(cwd);
  const table = name.replaceAll('-', '_');
  const { user, database } = world.postgres;
  const config = {
    strategy_type: 'bulk',
    extractor_config: { strategy: 'PARQUET', source_table: source },
    redshift_loader_config: {
      strategy: 'POSTGRES',
      jdbc_url: `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`,
      table: `public.${table}`,
      mode: 'append',
      properties: { user, password: 'secret://env/PROMOS_DB_PASSWORD' },
    },
    resources: { threads: 1 },
  };
  await writeFile(join(cwd, 'config.json'), JSON.stringify(config));
  const args = ['--module_name', 'load_promos', '--load_promos_job', `@${cwd}/config.json`];
  return {
    load: async (...flags) => await world.run([...args, ...WINDOW, ...flags]),
    async state() {
      const rows = await world.query(
        `select count(*) || ' ' || count(distinct promo_id) || ' '
           || sum(hashtextextended((to_jsonb(t) - 'loaded_at' - 'created_by')::text, 0)) as line
         from public.${table} t
         union all select (entry -> 'partitions')::text from _dray_loads where target = 'public.${table}'`,
      );
      return rows.map(({ line }) => String(line));
    },
  };
}

const CUTS: readonly Cut[] = ['copy', 'ledger', 'before commit', 'after commit'];
const CASES = CUTS.flatMap((cut) =>
  ['connection', 'network'].flatMap((lost) =>
    ['retry', 'new run'].map((again) => ({ cut, lost, again })),
  ),
);

describe('a lost connection to Postgres', () => {
  it.each(CASES)(
    'at "$cut", the whole $lost, and then a $again: loaded once',
    async ({ cut, lost, again }) => {
      await using proxy = await startCuttingProxy(world.postgres.port, cut, lost === 'network');
      const name = `${cut}-${lost}-${again}`.replaceAll(' ', '-');
      const at = await target(name, proxy.port);
      const first = await at.load('--run_id', name);
      expect(proxy.isCut).toBe(true);
      // Only the answer is lost, and there is another connection to ask: the load has gone well.
      const isKnown = cut === 'after commit' && lost === 'connection';
      expect(first.stderr).toContain(isKnown ? '✓ completed' : 'TARGET_UNAVAILABLE');
      expect(first.code).toBe(isKnown ? 0 : 3);
      if (cut === 'after commit') expect(await at.state()).toEqual(golden);

      proxy.heal();
      await world.query(
        `update _dray_claims set renewed_at = renewed_at - interval '1 hour' where not released`,
      );
      const flags = again === 'retry' ? ['--run_id', name, '--attempt', '2'] : [];
      const next = await at.load(...flags);
      expect(next.stderr).toMatch(/✓ (completed|reused)/);
      expect(await at.state()).toEqual(golden);
    },
  );
});
