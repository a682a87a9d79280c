import { join } from 'node:path';
import type { Execution } from '../../platforms/twins/glue.ts';
import { type Prepared, ROOT, type World } from './world.ts';

/** A platform, or what stands in for one, that executes what `dray submit` sends there. */
export interface SubmitPlace {
  /** The platform's name and `--settings`, as `dray submit` and `dray doctor` take them. */
  argv(): readonly string[];
  /** Of the process that submits. */
  readonly env: Readonly<Record<string, string>>;
  /** As the run's own line has it. */
  readonly provider: string;
  /** What the platform says of a run that has succeeded, and of one that has failed. */
  readonly says: { readonly success: string; readonly failure: string };
  /**
   * Gives jobs that start from now on the entry with failpoints, and these variables; undefined: what is
   * shipped.
   */
  arm(env: Readonly<Record<string, string>> | undefined): void;
  /** Starts the job's program as the platform does, but without dray submit; returns what it prints. */
  execute(args: readonly string[]): Promise<string>;
  /** Lets jobs there write into a target that only this account may write into. */
  admit?(at: Prepared): Promise<void>;
}

/** What {@link SubmitPlace.arm} comes to where the launcher starts the entry. */
export function armed(
  env: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  return env === undefined
    ? {}
    : { DRAY_BUNDLE: join(ROOT, 'test/e2e/failing-entry.ts'), NODE_COMPILE_CACHE: CACHE, ...env };
}

const CACHE = join(ROOT, '.dray/compiled');

/** Runs a process of a twin to its end. */
export async function printedBy(
  start: (onOutput: (text: string) => void) => Execution,
): Promise<string> {
  let printed = '';
  await start((text) => {
    printed += text;
  }).ended;
  return printed;
}

/** Submits `load_promos` with this config. */
export function submitTo(
  place: SubmitPlace,
  world: World,
  at: Prepared,
  ...more: readonly string[]
) {
  const argv = ['submit', ...place.argv(), '--job', 'load_promos', '--config', at.file, '--json'];
  return world.start([...argv, ...more], place.env, 'entry/dray.ts');
}
