import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toWire } from '../../core/wire.ts';
import { compileDags } from '../../dags/compiler/compile.ts';
import { openEnvelope } from '../../entry/config-envelope.ts';
import { yarn } from '../twins/yarn.ts';
import { openAirflow, VERSIONS, withoutAirflow } from './airflow.ts';
import { NASTY, NASTY_CONFIG, nastyDags } from './nasty.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A night in Berlin: in UTC it begins the day before. */
const INTERVAL = ['2024-03-04T23:00:00+00:00', '2024-03-05T23:00:00+00:00'];
const RUN = 'manual__2024-03-06T00:00:00+00:00';
const io = {
  readFile: () => Promise.reject(new Error('no file is named')),
  readObject: () => Promise.reject(new Error('no object is named')),
};

/** All texts of a value, in order. */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Array.isArray(value)
    ? value.flatMap(wordsOf)
    : Object.entries(value).flatMap(([key, item]) => [key, ...wordsOf(item)]);
}

/** What follows a flag, or the variable that stands for it. */
function argument(task: string, fields: Fields, flag: string, variable: string): string {
  const words = wordsOf(fields).map((word) => (isOnYarn(task) ? yarn(word) : word));
  const names = [`--${flag}`, ...(task === 'bash' ? [variable] : []), flag];
  const at = words.findLastIndex((word) => names.includes(word));
  return words[at + 1] ?? '';
}

function isOnYarn(task: string): boolean {
  return task === 'emr' || task === 'spark_submit';
}

(withoutAirflow === '' ? describe : describe.skip)(
  `what Airflow's Jinja makes of generated files${withoutAirflow}`,
  () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'dray-dags-'));
      for (const { id, python } of await compileDags(nastyDags, import.meta.dirname)) {
        await writeFile(join(folder, `${id}.py`), python);
      }
    });
    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    it.each(VERSIONS.flatMap((version) => nastyDags.map(({ id }) => [version, id] as const)))(
      'on Airflow %s, %s: each operator hands over the config as it was, and the window by its own clock',
      async (version, id) => {
        await using airflow = await openAirflow(version);
        const tasks = (await airflow.script('render_dags.py', 'RENDERED', [
          ...[join(folder, `${id}.py`), RUN, ...INTERVAL],
        ])) as Readonly<Record<string, Fields>>;
        const seen: Record<string, unknown> = {};
        const wanted: Record<string, unknown> = {};
        for (const [task, fields] of Object.entries(tasks)) {
          const config = argument(task, fields, 'load_promos_job', 'JOB');
          seen[task] = {
            config: await openEnvelope('--load_promos_job', config, io),
            start: argument(task, fields, 'start_date', 'START_DATE'),
            end: argument(task, fields, 'end_date', 'END_DATE'),
            runId: argument(task, fields, 'run_id', 'RUN_ID'),
            attempt: argument(task, fields, 'attempt', 'ATTEMPT'),
          };
          wanted[task] = {
            config: JSON.parse(JSON.stringify(toWire(NASTY_CONFIG))) as unknown,
            ...{ start: '2024-03-05', end: '2024-03-06', attempt: '3' },
            runId: `${id}.${task}.manual__2024-03-06T00:00:00_00:00`,
          };
        }
        expect(Object.keys(seen)).toHaveLength(8);
        expect(seen).toEqual(wanted);
        const greeting = NASTY.join(' ').replaceAll('\u0000', '');
        for (const task of ['bash', 'docker', 'databricks']) {
          expect(wordsOf(tasks[task])).toContain(greeting);
        }
        expect(wordsOf(tasks['bash'])).toContainEqual(
          expect.stringMatching(/^node '\/opt\/it'\\''s here\/\{\{ x \}\}\.mjs' --module_name/),
        );
        const json = tasks['databricks']?.['json'] as { idempotency_token: string } | undefined;
        expect(json?.idempotency_token).toMatch(/^[0-9a-f-]{36}$/);
      },
    );
  },
);
