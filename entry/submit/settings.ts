import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { printable } from '../../core/printable.ts';
import { openConfig } from '../config-envelope.ts';
import type { Surroundings } from '../context.ts';
import type { SubmitPlatform } from './platforms.ts';

const FILES = ['dray.config.ts', 'dray.config.mjs', 'dray.config.json'] as const;

type Settings = Readonly<Record<string, unknown>>;

/** By environment, then by platform. */
const configFile = z.strictObject({
  environments: z.record(
    z.string().min(1),
    z.record(z.string(), z.record(z.string(), z.unknown())),
  ),
});

/**
 * What is set for a platform: the environment's settings of dray's config file, and over them, key by
 * key, those of `--settings`.
 *
 * @param given - JSON, or the path of a file with it.
 * @throws JobError `CONFIG_INVALID`.
 */
export async function settingsFor(
  platform: SubmitPlatform,
  { env, given }: { readonly env: string | undefined; readonly given: string | undefined },
  surroundings: Surroundings,
): Promise<Settings> {
  const base = env === undefined ? {} : await ofEnvironment(env, platform, surroundings);
  const over =
    given === undefined ? {} : ((await openConfig(given, surroundings, '--settings')) as Settings);
  return { ...base, ...over };
}

async function ofEnvironment(
  name: string,
  platform: SubmitPlatform,
  surroundings: Surroundings,
): Promise<Settings> {
  const file = await readConfigFile(surroundings);
  if (file === undefined) {
    const folder = surroundings.cwd;
    throw new JobError('CONFIG_INVALID', `there is no ${FILES.join(', ')} in "${folder}"`, {
      hint: '--env names an environment of that file; --settings needs none',
    });
  }
  const { path, environments } = file;
  const names = Object.keys(environments);
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (found === undefined) {
    const near = nearest(name, names);
    throw new JobError('CONFIG_INVALID', `"${path}" has no environment "${printable(name)}"`, {
      hint: `${near === undefined ? '' : `did you mean "${near}"? `}it has: ${names.join(', ')}`,
    });
  }
  return found[platform] ?? {};
}

/**
 * dray's config file in the current folder: its settings by environment, then by platform. Undefined
 * where there is none.
 *
 * @throws JobError `CONFIG_INVALID`.
 */
export async function readConfigFile(surroundings: Surroundings) {
  const found = await configIn(surroundings);
  if (found === undefined) return undefined;
  const { path, content } = found;
  const read = configFile.safeParse(content);
  if (read.success) return { path, environments: read.data.environments };
  throw new JobError('CONFIG_INVALID', `"${path}": ${z.prettifyError(read.error)}`, {
    hint: 'it looks like {"environments": {"dev": {"glue": {...}}}}',
  });
}

/** The first of {@link FILES} that is there. */
async function configIn({ cwd, readFile }: Surroundings) {
  for (const name of FILES) {
    const path = join(cwd, name);
    let text: string;
    try {
      text = await readFile(path);
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') continue;
      throw new JobError('CONFIG_INVALID', `"${path}" cannot be read: ${messageOf(error)}`, {
        hint: 'make the file readable',
        cause: error,
      });
    }
    try {
      if (name.endsWith('.json')) return { path, content: JSON.parse(text) as unknown };
      const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
      return { path, content: module.default };
    } catch (error) {
      throw new JobError('CONFIG_INVALID', `"${path}": ${messageOf(error)}`, {
        hint: 'it has to be JSON, or a module whose default export is the config',
        cause: error,
      });
    }
  }
  return undefined;
}
