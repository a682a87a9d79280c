import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, openEngines } from './engines.ts';
import { type Tables, tablesFor, writeTables } from './edge-tables.ts';
import { CASES } from './named-cases.ts';
import { PEOPLE_TABLES } from './cases/people.ts';
import { writeColumns } from './parquet.ts';

/** All engines that are here, with the same files bound as the same sources. */
export interface World extends AsyncDisposable {
  /** `row` first: it is what the others are compared with. */
  readonly engines: readonly [Engine, Engine, ...Engine[]];
  readonly tables: Tables;
  readonly directory: string;
  readonly signal: AbortSignal;
}

export async function openWorld(): Promise<World> {
  const { signal } = new AbortController();
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'dray-engines-'));
  stack.defer(async () => {
    await rm(directory, { recursive: true, force: true });
  });
  const [row, bulk, ...sparks] = await openEngines(stack, signal);
  if (row === undefined || bulk === undefined) throw new Error('row and bulk have to be there');
  const engines = [row, bulk, ...sparks] as const;
  const tables = tablesFor(CASES);
  const files = new Map<string, string>(
    Object.entries(await writeTables(bulk.plans.sql, CASES, directory, signal)),
  );
  for (const [name, { columns, rows }] of Object.entries(PEOPLE_TABLES)) {
    const path = join(directory, `${name}.parquet`);
    await writeColumns(bulk.plans.sql, columns, rows, path, signal);
    files.set(name, path);
  }
  for (const engine of engines) {
    for (const [name, path] of files) await engine.bindFile(name, path, signal);
  }
  const moved = stack.move();
  return {
    engines,
    tables,
    directory,
    signal,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
