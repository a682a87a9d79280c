import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../world.ts';
import { ROOT } from '../world.ts';
import { fingerprintOf, type Ground, type Place } from './grounds.ts';
import { inspect, type Landing, type Launch, launch } from './launch.ts';
import type { Victims } from './victims.ts';

/** Two weeks, the first of which the target holds before, from another state of the source. */
const WINDOW = ['--start_date', '2017-05-29', '--end_date', '2017-06-12'];
const WEEK_BEFORE = ['--start_date', '2017-05-29', '--end_date', '2017-06-05'];
const WEEK_AFTER = ['--start_date', '2017-06-12', '--end_date', '2017-06-19'];

/** One row of the table: what is loaded, how, and where. */
export interface Path {
  readonly ground: Ground;
  readonly mode: string;
  readonly name: string;
}

/** What there has to be in the end, whatever happened on the way. */
export interface Outcome {
  readonly content: string;
  /** The ledger without what tells runs apart. */
  readonly loads: readonly unknown[];
  readonly leftovers: readonly string[];
  readonly quarantined: number;
}

/** A stretch between two effects: wherever in it a process dies, it leaves the same behind. */
export interface Gap {
  /** Places that are reached in it, as `NAME#COUNT`. */
  readonly places: readonly string[];
}

export interface Sources {
  readonly old: string;
  readonly now: string;
}

/** A target and a working folder for one try. */
interface Stand {
  readonly place: Place;
  readonly cwd: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
}

async function stand(
  world: World,
  { ground, mode }: Path,
  source: string,
  name: string,
  like?: string,
): Promise<Stand> {
  const cwd = join(world.folder, 'runs', name);
  await mkdir(cwd, { recursive: true });
  const place = await ground.place(name, like);
  const config = join(cwd, 'config.json');
  const silent = { notification_service: 'NOOP' };
  await writeFile(
    config,
    JSON.stringify({
      strategy_type: 'bulk',
      job_failed_notifications: silent,
      job_success_notifications: silent,
      data_quality_notifications: silent,
      extractor_config: { strategy: 'PARQUET', source_table: source },
      unity_loader_config: { ...place.loader, mode },
      quarantine: { path: join(cwd, 'quarantine') },
      resources: { threads: 1, memory_mb: 256 },
    }),
  );
  const env = {
    ...ground.env,
    PROMOS_DB_PASSWORD: world.postgres.password,
    DRAY_EXTENSIONS: join(ROOT, '.dray/extensions'),
  };
  return { place, cwd, config, env };
}

function loading({ cwd, config, env }: Stand, flags: readonly string[]): Launch {
  const args = ['--module_name', 'load_promos', '--load_promos_job', `@${config}`, ...flags];
  return { args, env, cwd };
}

async function succeed(landing: Promise<Landing>): Promise<Landing> {
  const landed = await landing;
  if (landed.exitCode !== 0) throw new Error(`exit ${String(landed.exitCode)}:\n${landed.stderr}`);
  return landed;
}

/** Fills a target with what was there before, and returns its name. */
export async function prepare(world: World, path: Path, sources: Sources): Promise<string> {
  const name = `${path.name}-before`;
  const at = await stand(world, path, sources.old, name);
  // An append may not repeat a window.
  const windows = path.mode === 'append' ? [WEEK_AFTER] : [WEEK_AFTER, WEEK_BEFORE];
  for (const window of path.mode === 'overwrite' ? [WEEK_AFTER] : windows) {
    await succeed(launch(loading(at, window)));
  }
  return name;
}

/** Loads once and well, and finds the gaps between its effects. */
export async function survey(
  world: World,
  victims: Victims,
  path: Path,
  sources: Sources,
): Promise<{ readonly gaps: readonly Gap[]; readonly golden: Outcome }> {
  const at = await stand(world, path, sources.now, `${path.name}-golden`, `${path.name}-before`);
  const seen: { readonly name: string; readonly world: string }[] = [];
  await victims.watch(
    { ...loading(at, [...WINDOW, '--run_id', 'run']), asks: true },
    async (name) => {
      const around = [await at.place.fingerprint(), await fingerprintOf(at.cwd)].join('\n');
      seen.push({ name, world: around });
    },
  );
  const gaps: string[][] = [[]];
  for (const [index, { name, world: around }] of seen.entries()) {
    const before = seen[index - 1];
    if (before !== undefined && isEffect(before.name, name)) gaps.push([]);
    else if (before !== undefined && before.world !== around) {
      throw new Error(
        `an effect outside of failpoints, between ${before.name} and ${name}:\n${difference(before.world, around)}`,
      );
    }
    gaps.at(-1)?.push(name);
  }
  return { gaps: gaps.map((places) => ({ places })), golden: await outcomeOf(world, at, true) };
}

function isEffect(from: string, to: string): boolean {
  const name = (place: string, end: string) => place.replace(new RegExp(`:${end}#\\d+$`), '');
  return from.includes(':before#') && name(from, 'before') === name(to, 'after');
}

function difference(before: string, after: string): string {
  const known = new Set(before.split('\n'));
  const now = after.split('\n');
  const left = new Set(now);
  return [
    ...before.split('\n').flatMap((line) => (left.has(line) ? [] : [`- ${line}`])),
    ...now.flatMap((line) => (known.has(line) ? [] : [`+ ${line}`])),
  ].join('\n');
}

interface Try {
  readonly killAt: string;
  readonly again: 'retry' | 'new run';
  readonly isVerified: boolean;
}

/** Dies in a gap, loads again, and says what came of it. */
export async function dieAndLoad(
  world: World,
  victims: Victims,
  path: Path,
  sources: Sources,
  { killAt, again, isVerified }: Try,
): Promise<Outcome> {
  const name = `${path.name}-${killAt.replaceAll(/\W+/g, '-')}`;
  const at = await stand(world, path, sources.now, name, `${path.name}-before`);
  await victims.kill({ ...loading(at, [...WINDOW, '--run_id', 'run']), killAt, asks: false });
  const runId = again === 'retry' ? 'run' : 'another';
  if (again === 'retry') {
    await succeed(launch(loading(at, [...WINDOW, '--run_id', runId, '--attempt', '2'])));
  } else {
    await at.place.age();
    await succeed(launch(loading(at, [...WINDOW, '--run_id', runId])));
  }
  const outcome = await outcomeOf(world, at, isVerified);
  await at.place.remove();
  await rm(at.cwd, { recursive: true });
  return outcome;
}

interface Listed {
  readonly loads: readonly Readonly<Record<string, unknown>>[];
}

/**
 * @param isVerified - whether `dray verify` holds the target against its ledger. Both are compared with
 *   those of the load that nobody disturbed, which is verified: the others need it now and then only.
 */
async function outcomeOf(
  world: World,
  { place, cwd, config, env }: Stand,
  isVerified: boolean,
): Promise<Outcome> {
  const command = async (...args: readonly string[]) => {
    const { stdout } = await succeed(
      inspect({ args: [...args, '--config', config, '--json'], env, cwd }),
    );
    return JSON.parse(stdout) as unknown;
  };
  // Exits with 4 when the target is not as its ledger says.
  if (isVerified) await command('verify');
  const [ledger] = (await command('loads', 'list')) as readonly Listed[];
  // What the run that is in the ledger kept, be it dead; another that reused its load keeps nothing.
  const runId = String(ledger?.loads.at(-1)?.['runId']);
  const kept = join(cwd, `quarantine/run_id=${runId}/*.parquet`);
  const [row] = await world
    .duckdb(`select count(*) as rows from read_parquet('${kept}')`)
    .catch(() => []);
  return {
    content: await place.content(),
    loads: (ledger?.loads ?? []).map(({ mode, window, covers, counts, partitions }) => ({
      ...{ mode, window, covers, counts, partitions },
    })),
    leftovers: await place.leftovers(),
    quarantined: Number(row?.['rows'] ?? 0),
  };
}
