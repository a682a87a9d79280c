import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { type SubmitPlace, submitTo } from './submit-place.ts';
import type { Submitted } from './submitted-suite.ts';
import { fingerprintOf } from './walk/grounds.ts';
import {
  contentOf,
  type Contents,
  contentsOf,
  type Prepared,
  type Running,
  type World,
} from './world.ts';

/** `DRAY_SOAK_STOPS=20` stops runs on each platform at so many moments; `DRAY_SOAK_SEED` chooses others. */
const SOAK = process.env['DRAY_SOAK_STOPS'];
const TIMES = Number(SOAK ?? 1);
const SEED = Number(process.env['DRAY_SOAK_SEED'] ?? 1);
/** What a person waits at most. */
const WITHIN_S = 60;
const COMMITS = /^(postgres|delta|parquet):(commit|ledger|publish|retire|manifest|current)\b/;
const PHASES = ['loading', 'committing', 'starting', 'sending', 'anywhere'] as const;
const NOTHING = 'nothing';
const ABSENT =
  /No files found|No such file|No files in log segment|does not contain any columns|does not exist/i;
const forever = new AbortController().signal;

interface Moment {
  readonly phase: (typeof PHASES)[number];
  /** `dray submissions cancel` after the submitter was killed; else Ctrl-C on it. */
  readonly cancels: boolean;
  /** In [0, 1). */
  readonly chance: number;
}

/** The same for the same seed, and other ones for each suite. */
function momentsOf(slug: string): readonly Moment[] {
  const first = createHash('sha256').update(slug).digest().readUInt32BE();
  let state = (first + SEED) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: TIMES }, (_, index) => ({
    phase: PHASES[(first + index) % PHASES.length] ?? 'anywhere',
    cancels: random() < 0.5,
    chance: random(),
  }));
}

/** A stop is one: at its end nothing works any more, and each sink has a whole load or nothing. */
export function describeStops(
  slug: string,
  opened: () => Submitted,
  window: readonly string[],
): void {
  describe(`stopped at ${String(TIMES)} random moments, seed ${String(SEED)}`, () => {
    let whole: Contents;
    /** Everywhere that such a load comes by, in order. */
    let places: readonly string[];

    beforeAll(async () => {
      const { world, source } = opened();
      const at = await world.config(`${slug}-whole`, { source, set: { strategy_type: 'bulk' } });
      const trace = join(world.folder, `${slug}.trace`);
      const [, from = '', , to = ''] = window;
      const args = [...at.args, '--start_date', from, '--end_date', to];
      const ran = await world.run(args, { DRAY_TEST_TRACE: trace });
      if (ran.code !== 0) throw new Error(ran.stderr);
      whole = await contentsOf(world, at);
      const seen = new Map<string, number>();
      places = (await readFile(trace, 'utf8'))
        .trim()
        .split('\n')
        .map((name) => {
          seen.set(name, (seen.get(name) ?? 0) + 1);
          return `${name}#${String(seen.get(name))}`;
        });
    });

    afterEach(() => {
      opened().place.arm(undefined);
    });
    const told: string[] = [];
    afterAll(() => {
      if (SOAK !== undefined) process.stdout.write(`${told.join('\n')}\n`);
    });

    const title = (moment: Moment) => [
      ...[moment.phase, moment.cancels ? 'dray submissions cancel' : 'Ctrl-C'],
      moment.chance.toFixed(3),
    ];
    it.each(momentsOf(slug).map((moment, index) => [...title(moment), moment, index] as const))(
      'while %s, by %s (%s): nothing writes any more, and a retry brings the window',
      async (...given) => {
        const [moment, index] = given.slice(3) as unknown as readonly [Moment, number];
        const { world, place, source } = opened();
        const runId = `${slug}-stop-${String(index)}`;
        const at = await world.config(runId, { source, set: { strategy_type: 'bulk' } });
        await place.admit?.(at);
        const trace = join(at.file, '../trace');
        const where = placeOf(moment, places);
        place.arm({ DRAY_TEST_TRACE: trace, DRAY_TEST_FAIL: `${where ?? 'nowhere'}=wait` });
        const submit = (...more: readonly string[]) =>
          submitTo(place, world, at, ...window, '--run-id', runId, '--wait', ...more);
        const running = submit();
        const isThere = await come(moment, running, trace, where !== undefined);
        const sinceMs = systemClock.monotonicMs();
        const end = await stopped(moment, running, runId, place, world);
        const seconds = ((systemClock.monotonicMs() - sinceMs) / 1000).toFixed(1);
        expect(await processesOf(runId)).toEqual([]);
        const seen = await footprintOf(world, at);
        await quiet(world);
        const has = await contentsNow(world, at);
        expect(await footprintOf(world, at)).toEqual(seen);
        for (const [sink, content] of Object.entries(has)) {
          expect([sink, [NOTHING, whole[sink as keyof Contents]]]).toEqual([
            sink,
            expect.arrayContaining([content]),
          ]);
        }
        const loaded = Object.entries(has).flatMap(([sink, what]) =>
          what === NOTHING ? [] : sink,
        );
        told.push(
          `${runId}: ${moment.phase} ${isThere ? String(where) : '-'}: ${String(end?.['platform_state'])}, exit code ${String(end?.['exit_code'])}, loaded: ${loaded.join(' ')}, ${seconds} s`,
        );
        place.arm(undefined);
        if (end?.['exit_code'] === 0) expect(has).toEqual(whole);
        else {
          expect([undefined, 143]).toContain(end?.['exit_code']);
          const again = end === undefined ? submit() : submit('--retry');
          const { code, stderr } = await again.ended;
          expect([code, code === 0 || stderr]).toEqual([0, true]);
        }
        expect(await contentsNow(world, at)).toEqual(whole);
      },
    );
  });
}

/** The failpoint that the moment is at; undefined: it is one of the clock. */
function placeOf({ phase, chance }: Moment, places: readonly string[]): string | undefined {
  if (phase === 'starting' || phase === 'sending') return undefined;
  const first = places.findIndex((place) => COMMITS.test(place));
  const chosen = {
    loading: places.slice(0, first),
    committing: places.filter((place) => COMMITS.test(place)),
    anywhere: places,
  }[phase];
  return chosen[Math.floor(chance * chosen.length)];
}

/** Waits for the moment; false where it is one of the clock, or the run never came by. */
async function come(
  { phase, chance }: Moment,
  running: Running,
  trace: string,
  isAtPlace: boolean,
): Promise<boolean> {
  if (!isAtPlace) {
    await running.saw(phase === 'sending' ? /, attempt 1, to / : /^(PENDING|RUNNING)/m);
    await systemClock.sleep(chance * (phase === 'sending' ? 500 : 2_500), forever);
    return false;
  }
  const isUp = () => running.child.exitCode === null;
  // A place that this run does not come by leaves it to its end.
  while (isUp() && !(await readFile(trace, 'utf8').catch(() => '')).includes('waiting at')) {
    await systemClock.sleep(20, forever);
  }
  return isUp();
}

/** The submission at its end; undefined: nothing was ever intended. */
async function stopped(
  { cancels }: Moment,
  running: Running,
  runId: string,
  place: SubmitPlace,
  world: World,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  running.child.kill(cancels ? 'SIGKILL' : 'SIGINT');
  const { line } = await running.ended;
  if (line?.['state'] === 'ENDED') return line;
  // Cut short while it was sending.
  const argv = ['submissions', 'cancel', runId, '--within', String(WITHIN_S), '--json'];
  const { code, line: end, stderr } = await world.start(argv, place.env, 'entry/dray.ts').ended;
  if (stderr.includes('RUN_UNKNOWN')) return undefined;
  expect([code, code === 0 || stderr]).toEqual([0, true]);
  expect(end).toMatchObject({ state: 'ENDED' });
  return end;
}

/** Processes of a run but for those that submit it. */
async function processesOf(runId: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'args=']);
  return stdout.split('\n').filter((line) => line.includes(`--run_id ${runId} `));
}

/** Waits until Postgres is done with what clients that are gone have sent. */
async function quiet(world: World): Promise<void> {
  const others = `select pg_sleep(0.1), pid from pg_stat_activity
    where backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid()`;
  while ((await world.query(others)).length > 0);
}

/** Changes with whatever anybody writes into a sink: rows, ledgers, claims, what is staged. */
async function footprintOf(world: World, at: Prepared): Promise<readonly string[]> {
  const [, table = ''] = at.table.split('.');
  const tables = await world.query(
    `select relname, relfilenode from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
       and (relname = '${table}' or relname like '\\_dray%') order by 1`,
  );
  const rows = await Promise.all(
    tables.map(async ({ relname, relfilenode }) => {
      const name = String(relname);
      const [seen] = await world.query(
        `select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as text from "${name}" t`,
      );
      return `${name} ${String(relfilenode)} ${String(seen?.['text'])}`;
    }),
  );
  return [await fingerprintOf(at.unity), await fingerprintOf(at.stage), ...rows];
}

/** As a reader sees each sink; a target without a load may not be there at all. */
async function contentsNow(world: World, at: Prepared): Promise<Contents> {
  // Not what is staged beside the weeks.
  const read = { ...at, stage: `${at.stage}/week=*` };
  const seen = async (sink: keyof Contents) => {
    try {
      const content = await contentOf(world, read, sink);
      return content.startsWith('0/') ? NOTHING : content;
    } catch (error) {
      if (error instanceof Error && ABSENT.test(error.message)) return NOTHING;
      throw error;
    }
  };
  return {
    unity: await seen('unity'),
    stage: await seen('stage'),
    redshift: await seen('redshift'),
  };
}
