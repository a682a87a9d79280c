import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Changes, expectLoads, openScene, type Scene, WINDOW } from './scene.ts';
import type { Ended } from './world.ts';

/** Odd enough to be found wherever it slips out, and to need quoting in SQL, JSON and URLs. */
const CANARY = `C4nary'"&<\\ pässword`;
/** What is left of it in most encodings. */
const TELLING = ['C4nary', 'pässword', 'p%C3%A4ssword', 'p\\u00e4ssword'];
const LITERAL = { redshift_loader_config: { properties: { user: 'canary', password: CANARY } } };
const REFERENCE = {
  redshift_loader_config: { properties: { user: 'canary', password: 'secret://env/CANARY' } },
};
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  const { world, at } = scene;
  await world.query(`create role canary login password '${CANARY.replaceAll("'", "''")}'`);
  await world.query('grant create, usage on schema public to canary');
  await world.query(`alter table ${at.table} owner to canary`);
  await world.query('grant all on public._dray_claims, public._dray_loads to canary');
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

/** Everything that dray has kept: run store, reports, claims, ledgers, staged and loaded files. */
async function traces(): Promise<readonly string[]> {
  const { world, at } = scene;
  const found: string[] = [];
  for (const folder of [join(world.folder, '.dray'), at.unity, at.stage]) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      if (TELLING.some((text) => bytes.includes(text))) found.push(path);
    }
  }
  const tables = await world.query(
    `select to_jsonb(c)::text as text from public._dray_claims c union all select to_jsonb(l)::text from public._dray_loads l`,
  );
  return [...found, ...tables.map((row) => String(row['text'])).filter(isTelling)];
}

function isTelling(text: string): boolean {
  return TELLING.some((part) => text.includes(part));
}

async function run(changes: Changes, more: readonly string[] = [], fail = ''): Promise<Ended> {
  return await scene.world.run(await scene.args(changes, [...WINDOW, ...more]), {
    CANARY,
    ...(fail === '' ? {} : { DRAY_TEST_FAIL: fail }),
  });
}

const FAILURES: readonly { title: string; changes: Changes; fail?: string }[] = [
  {
    title: 'the database is down',
    changes: { redshift_loader_config: { jdbc_url: 'jdbc:postgresql://127.0.0.1:1/none' } },
  },
  {
    title: 'the user is unknown',
    changes: { redshift_loader_config: { properties: { user: 'nobody' } } },
  },
  {
    title: 'the schema is missing',
    changes: { redshift_loader_config: { table: 'nowhere.promotions' } },
  },
  {
    title: 'the config has an unknown key',
    changes: { redshift_loader_config: { properties_: {} } },
  },
  {
    title: 'the password is under an unknown key',
    changes: { redshift_loader_config: { passwort: CANARY } },
  },
  { title: 'the run is stopped while it copies', changes: {}, fail: 'postgres:copy:before=term' },
];

describe.each([
  { kind: 'a literal password', password: LITERAL },
  { kind: 'a password behind a reference', password: REFERENCE },
])('$kind', ({ kind, password }) => {
  it.each(FAILURES)(
    'shows up nowhere when $title, not even with --verbose',
    async ({ changes, fail }) => {
      const both = {
        redshift_loader_config: {
          ...password.redshift_loader_config,
          ...(changes['redshift_loader_config'] as object | undefined),
          properties: {
            ...password.redshift_loader_config.properties,
            ...(changes['redshift_loader_config'] as { properties?: object } | undefined)
              ?.properties,
          },
        },
      };
      const ended = await run(both, ['--force', '--verbose'], fail);
      expect(ended.code).toBeGreaterThan(0);
      expect(isTelling(`${ended.stdout}${ended.stderr}`)).toBe(false);
      expect(await traces()).toEqual([]);
    },
  );

  it('loads, and shows up nowhere', async () => {
    const ended = await run(password, ['--force', '--verbose']);
    expect(ended.stderr).toContain('completed');
    expect(ended.code).toBe(0);
    expect(isTelling(`${ended.stdout}${ended.stderr}`)).toBe(false);
    expect(await traces()).toEqual([]);
    const warnings = ended.stderr.split('a literal password is in the config').length - 1;
    expect(warnings).toBe(kind.includes('literal') ? 1 : 0);
  });
});

describe('a password that other software repeats in its message', () => {
  it('is masked on stdout and on stderr', async () => {
    const same = 'S4me-as-the-user';
    const properties = { user: same, password: same };
    const ended = await run({ redshift_loader_config: { properties } }, ['--force', '--verbose']);
    expect(ended.line).toMatchObject({ exit_code: 1, error: { code: 'TARGET_DENIED' } });
    expect(ended.stderr).toContain('user "***"');
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(same);
  });
});

describe('a run without a password of its own', () => {
  it('loads after all of those', async () => {
    await expectLoads(scene, await scene.args({}, [...WINDOW, '--force']));
  });
});
