import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../../core/finding.ts';
import { type SubmitPlace, submitTo } from './submit-place.ts';
import { describeStops } from './stops.ts';
import { contentsOf, type World } from './world.ts';

/** One week: no reader sees a part of such a load in any sink. */
const WINDOW = { start_date: '2017-06-05', end_date: '2017-06-12' };
const FROM_TO = ['--from', WINDOW.start_date, '--to', WINDOW.end_date] as const;

const INSTANT: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);

export interface Submitted {
  readonly world: World;
  readonly place: SubmitPlace;
  /** A few thousand rows. */
  readonly source: string;
}

/** Holds a platform to what runs here do: the same rows, the whole record, and a stop that is one. */
export function describeSubmitted(title: string, opened: () => Submitted): void {
  const slug = title.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase();

  describe(`load_promos on ${title}`, () => {
    it('loads the rows that a run here loads, with the record complete', async () => {
      await expectSameAsHere(slug, opened());
    });

    it('tells the exit code of a job that failed there', async () => {
      const { world, place } = opened();
      const runId = `${slug}-gone`;
      const set = { strategy_type: 'bulk' };
      const at = await world.config(runId, { source: '/no/such/folder', set });
      await place.admit?.(at);
      const { code, line } = await submitTo(place, world, at, '--run-id', runId, '--wait').ended;
      expect(line).toMatchObject({
        ...{ exit_code: 1, remote_state: 'FAILED', platform_state: place.says.failure },
        result: { status: 'failed', error: { code: 'SOURCE_NOT_FOUND' } },
      });
      expect(code).toBe(1);
    });

    it('is found out by what is there, when nobody says where it is', async () => {
      const { world, place, source } = opened();
      const at = await world.config(`${slug}-dry`, { source, set: { strategy_type: 'bulk' } });
      await place.admit?.(at);
      const printed = await place.execute([...at.args, '--dry_run']);
      expect(printed).toContain('"status":"checked"');
      expect(printed).toContain(`"service_provider":"${place.provider}"`);
    });

    it('answers dray doctor', async () => {
      const { world, place } = opened();
      const at = await world.config(`${slug}-probe`);
      await place.admit?.(at);
      const { stage: path } = at;
      const argv = ['doctor', ...place.argv(), '--json', '--engine', 'bulk', '--path', path];
      const { code, stdout, stderr } = await world.start(argv, place.env, 'entry/dray.ts').ended;
      expect([code, code === 0 || stderr + stdout]).toEqual([0, true]);
      const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
      const found = Object.fromEntries(findings.map(({ name, text }) => [name, text]));
      expect(found).toMatchObject({
        platform: expect.stringMatching(new RegExp(`^${place.provider}: .+ (is|has)`)),
        Node: expect.stringContaining(process.versions.node),
        DuckDB: expect.stringMatching(/^\d/),
        [`storage ${path}`]: expect.any(String),
      });
    });

    describeStops(slug, opened, FROM_TO);
  });
}

/**
 * Submits a load and waits for its end: the same rows in all sinks as a run here brings, and a record that
 * says of them what that run's own line says.
 */
export async function expectSameAsHere(
  runId: string,
  { world, place, source }: Submitted,
  engine: 'bulk' | 'bigdata' = 'bulk',
): Promise<void> {
  const here = await world.config(`${runId}-here`, { source, set: { strategy_type: 'bulk' } });
  const dates = Object.entries(WINDOW).flatMap(([name, day]) => [`--${name}`, day]);
  const { line: own } = await world.run([...here.args, ...dates]);
  expect(own).toMatchObject({
    ...{ status: 'completed', exit_code: 0, error: null, window: WINDOW },
    counts: { read: expect.any(Number) },
  });
  const sinks = (own?.['sinks'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  expect(sinks).toHaveLength(3);

  const there = await world.config(runId, { source, set: { strategy_type: engine } });
  await place.admit?.(there);
  const running = submitTo(place, world, there, ...FROM_TO, '--run-id', runId, '--wait');
  const { code, line, stderr } = await running.ended;
  expect([code, code === 0 || stderr]).toEqual([0, true]);
  expect(line).toEqual({
    ...{ schema: 'dray.submission/1', run_id: runId, attempt: 1, job: 'load_promos' },
    ...{ window: WINDOW, platform: place.argv()[0], settings: expect.anything(), calls: 1 },
    ...{ state: 'ENDED', revision: expect.any(Number), remote_state: 'SUCCEEDED' },
    ...{ platform_state: place.says.success, exit_code: 0, remote_id: expect.stringMatching(/./) },
    token: expect.stringMatching(/^[0-9a-f]{64}$/),
    ...{ created_at: INSTANT, called_at: INSTANT, changed_at: INSTANT },
    result: {
      ...own,
      ...{ run_id: runId, engine, service_provider: place.provider },
      report: expect.stringMatching(/./),
      sinks: sinks.map((sink) => ({
        ...{ ...sink, seconds: expect.any(Number) },
        ...{ target: expect.any(String), load_id: expect.any(String) },
      })),
    },
  });
  const shown = await world.dray('submissions', 'show', runId, '--json');
  expect(JSON.parse(shown.stdout)).toEqual([line]);
  expect(await contentsOf(world, there)).toEqual(await contentsOf(world, here));
}
