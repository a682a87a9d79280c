import { expect, it } from '@jest/globals';
import { createRedactor, parseSecret } from '../../core/secrets.ts';
import { createSecretResolver } from '../../entry/secrets/resolver.ts';

/** A resolver over an environment and files, with what it warned of and how often it read. */
function resolverOver({ env = {}, files = {} }: { env?: object; files?: object }) {
  const contents = new Map<string, string>(Object.entries(files));
  const warnings: string[] = [];
  const reads: string[] = [];
  const redactor = createRedactor();
  const resolve = createSecretResolver({
    env: env as Record<string, string>,
    redactor,
    warn: (message) => warnings.push(message),
    readFile(path) {
      reads.push(path);
      const content = contents.get(path);
      return content === undefined
        ? Promise.reject(new Error(`ENOENT: ${path}`))
        : Promise.resolve(content);
    },
  });
  return {
    resolve: async (text: string) => await resolve(parseSecret(text)),
    redactor,
    warnings,
    reads,
  };
}

it('takes a secret from the environment', async () => {
  const { resolve } = resolverOver({ env: { DB_PASSWORD: 'geheim-1' } });
  expect(await resolve('secret://env/DB_PASSWORD')).toBe('geheim-1');
});

it('takes a secret from a file, without the line break at its end', async () => {
  const { resolve } = resolverOver({ files: { '/run/secrets/db': ' two\nlines \r\n' } });
  expect(await resolve('secret://file/run/secrets/db')).toBe(' two\nlines ');
  expect(await resolve('secret://file//run/secrets/db')).toBe(' two\nlines ');
});

it('reads a secret once for the whole run', async () => {
  const { resolve, reads } = resolverOver({ files: { '/db': 'geheim' } });
  const both = await Promise.all([resolve('secret://file/db'), resolve('secret://file/db')]);
  expect([...both, await resolve('secret://file/db')]).toEqual(['geheim', 'geheim', 'geheim']);
  expect(reads).toEqual(['/db']);
});

it('makes the redactor know every value', async () => {
  const { resolve, redactor } = resolverOver({
    env: { A: 'from-env' },
    files: { '/b': 'from-file' },
  });
  for (const text of ['secret://env/A', 'secret://file/b', 'literal']) await resolve(text);
  expect(redactor.redact('from-env, from-file and literal')).toBe('***, *** and ***');
});

it('warns once of literal passwords, without showing one', async () => {
  const { resolve, warnings } = resolverOver({});
  expect([await resolve('hunter22'), await resolve('other')]).toEqual(['hunter22', 'other']);
  expect(warnings).toEqual([
    'a literal password is in the config; use a reference, secret://env/NAME',
  ]);
});

it.each([
  ['secret://env/NOT_THERE', 'SECRET_MISSING', 'NOT_THERE is not set'],
  ['secret://env/EMPTY', 'SECRET_MISSING', 'EMPTY is empty'],
  ['secret://file/not/there', 'SECRET_MISSING', '/not/there cannot be read'],
  ['secret://file/empty', 'SECRET_MISSING', '/empty is empty'],
  ['secret://databricks/scope/key', 'SECRET_MISSING', 'DATABRICKS_HOST is not set'],
  ['secret://databricks/scope', 'CONFIG_INVALID', 'not a reference'],
  ['secret://vault/promos', 'CONFIG_INVALID', 'not a reference'],
  ['secret://env/', 'CONFIG_INVALID', 'not a reference'],
  ['secret://env/NO-NAME', 'CONFIG_INVALID', 'not a reference'],
  ['secret://', 'CONFIG_INVALID', 'not a reference'],
])('fails on %s with %s: %s', async (uri, code, text) => {
  const { resolve } = resolverOver({ env: { EMPTY: '' }, files: { '/empty': '\n' } });
  await expect(resolve(uri)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(new RegExp(`^"${uri}".*${text}`)),
    hint: expect.any(String),
  });
});
