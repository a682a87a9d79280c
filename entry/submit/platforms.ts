import { hostname } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { ServiceProvider } from '../../core/platform.ts';
import type { Submitter } from '../../core/submitter.ts';
import { JobError } from '../../core/errors.ts';
import { parseConfig } from '../../core/wire.ts';
import { containerSettings } from '../../platforms/container/settings.ts';
import { containerSubmitter } from '../../platforms/container/submitter.ts';
import { databricksSettings } from '../../platforms/databricks/settings.ts';
import { databricksSubmitter } from '../../platforms/databricks/submitter.ts';
import { emrServerlessSettings } from '../../platforms/emr-serverless/settings.ts';
import { wordsBefore } from '../../platforms/emr/request.ts';
import { clusterOf, emrSettings } from '../../platforms/emr/settings.ts';
import { glueJobName } from '../../platforms/glue/request.ts';
import { glueSettings } from '../../platforms/glue/settings.ts';
import { kubernetesSettings } from '../../platforms/kubernetes/settings.ts';
import { localSettings } from '../../platforms/local/settings.ts';
import { localSubmitter } from '../../platforms/local/submitter.ts';

/** A platform with the settings that say where on it. */
export interface Destination {
  readonly platform: SubmitPlatform;
  /** Tells it from any other place that the same run could be sent to. */
  readonly place: string;
  /** As they were given, to be kept. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folder that gets the result line of each attempt. */
  readonly resultPrefix?: string;
  /** Folder in S3 that gets configs which are too long for arguments. */
  readonly configFolder?: string;
  readonly waitForRoomMs: number;
  /** What the run is told; default: the platform, in upper case. */
  readonly serviceProvider?: ServiceProvider;
  /** What counts against the platform's limit of arguments beside the entry's own. */
  readonly words?: readonly string[];
  open(clock: Clock): Promise<Submitter & Disposable>;
}

type Open = (
  settings: Readonly<Record<string, unknown>>,
  job: string,
  env: Readonly<Record<string, string | undefined>>,
) => Omit<Destination, 'platform' | 'settings'>;

/** One line per platform that runs can be sent to. */
const PLATFORMS = {
  container(wire, _, env) {
    const settings = parsed(containerSettings, wire);
    return {
      place: settings.host ?? env['DOCKER_HOST'] ?? 'here',
      waitForRoomMs: 0,
      ...folders(undefined, settings.artifacts),
      open: () => Promise.resolve(containerSubmitter(settings, env)),
    };
  },

  databricks(wire, _, env) {
    const settings = parsed(databricksSettings, wire);
    const host = settings.host ?? env['DATABRICKS_HOST'] ?? '';
    const workspace = { host, token: env['DATABRICKS_TOKEN'] ?? '' };
    return {
      place: `${host.replace(/^https?:\/\/|\/$/g, '')}/${settings.jobId ?? ''}`,
      waitForRoomMs: settings.waitForRoomS * 1000,
      ...folders(settings.resultPrefix, settings.artifacts),
      open: (clock) => Promise.resolve(databricksSubmitter({ settings, workspace, clock })),
    };
  },

  emr(wire, _, env) {
    const settings = parsed(emrSettings, wire);
    const where = clusterOf(settings);
    return {
      place: `${regionOf(settings, env)}/${'clusterId' in where ? where.clusterId : 'new cluster'}`,
      waitForRoomMs: settings.waitForRoomS * 1000,
      ...folders(settings.resultPrefix, settings.artifacts),
      words: wordsBefore(settings),
      async open() {
        const { emrSubmitter } = await import('../../platforms/emr/submitter.ts');
        return emrSubmitter({ settings });
      },
    };
  },

  'emr-serverless'(wire, _, env) {
    const settings = parsed(emrServerlessSettings, wire);
    return {
      place: `${regionOf(settings, env)}/${settings.applicationId}`,
      waitForRoomMs: settings.waitForRoomS * 1000,
      ...folders(settings.resultPrefix, settings.artifacts),
      serviceProvider: 'EMR',
      words: [settings.scriptLocation],
      async open() {
        const { emrServerlessSubmitter } =
          await import('../../platforms/emr-serverless/submitter.ts');
        return emrServerlessSubmitter({ settings });
      },
    };
  },

  glue(wire, job, env) {
    const settings = parsed(glueSettings, wire);
    return {
      place: `${regionOf(settings, env)}/${glueJobName(settings, job)}`,
      waitForRoomMs: settings.waitForRoomS * 1000,
      ...folders(settings.resultPrefix, settings.artifacts),
      async open() {
        // The SDK takes a quarter of a second to load.
        const { glueSubmitter } = await import('../../platforms/glue/submitter.ts');
        return glueSubmitter({ settings, job });
      },
    };
  },

  kubernetes(wire, _, env) {
    const settings = parsed(kubernetesSettings, wire);
    const { kubeconfig, context, namespace } = settings;
    return {
      place: `${context ?? 'current'}/${namespace}`,
      waitForRoomMs: settings.waitForRoomS * 1000,
      ...folders(settings.resultPrefix, settings.artifacts),
      serviceProvider: 'CONTAINER',
      async open(clock) {
        // Its client takes half a second to load.
        const [{ kubernetes }, { ANSWER_MS, kubernetesSubmitter }] = await Promise.all([
          import('../../platforms/kubernetes/client.ts'),
          import('../../platforms/kubernetes/submitter.ts'),
        ]);
        const call = kubernetes({ kubeconfig, context, env }, ANSWER_MS);
        return kubernetesSubmitter({ settings, call, clock });
      },
    };
  },

  local(wire, _, env) {
    const settings = parsed(localSettings, wire);
    const { HOME: home } = env;
    const folder =
      settings.folder ?? (home === undefined ? undefined : join(home, '.dray/submitted'));
    if (folder === undefined) {
      throw new JobError('CONFIG_INVALID', 'the settings have no "folder", and HOME is not set', {
        hint: 'set "folder" to a folder of this machine',
      });
    }
    return {
      place: `${hostname()}:${folder}`,
      waitForRoomMs: 0,
      ...folders(undefined, settings.artifacts),
      open: () => Promise.resolve(localSubmitter(settings.command, folder, env)),
    };
  },
} as const satisfies Readonly<Record<string, Open>>;

export type SubmitPlatform = keyof typeof PLATFORMS;
export const SUBMIT_PLATFORMS = Object.keys(PLATFORMS) as readonly SubmitPlatform[];

export function isSubmitPlatform(name: string): name is SubmitPlatform {
  return Object.hasOwn(PLATFORMS, name);
}

/**
 * @param settings - in wire spelling.
 * @throws JobError `CONFIG_INVALID` with everything that is wrong with them.
 */
export function destinationOf(
  platform: SubmitPlatform,
  settings: Readonly<Record<string, unknown>>,
  job: string,
  env: Readonly<Record<string, string | undefined>>,
): Destination {
  return { platform, settings, ...PLATFORMS[platform](settings, job, env) };
}

/** Configs go where results go, as far as that is a bucket. */
function folders(
  resultPrefix: string | undefined,
  artifacts: string | undefined,
): Pick<Destination, 'resultPrefix' | 'configFolder'> {
  const configFolder = [artifacts, resultPrefix].find((folder) => folder?.startsWith('s3://'));
  return {
    ...(resultPrefix === undefined ? {} : { resultPrefix }),
    ...(configFolder === undefined ? {} : { configFolder }),
  };
}

function regionOf(
  { region }: { readonly region?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
): string {
  return region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? '';
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  wire: Readonly<Record<string, unknown>>,
): z.output<Schema> {
  const subject = { name: 'the config of the platform', page: 'docs/submit.md' };
  return parseConfig(schema, wire, subject) as z.output<Schema>;
}
