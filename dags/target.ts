import type { z } from 'zod';
import type { EngineName } from '../core/engine.ts';
import type { Duration } from './duration.ts';
import type { databricksSettings } from '../platforms/databricks/settings.ts';
import type { emrServerlessSettings } from '../platforms/emr-serverless/settings.ts';
import type { emrSettings } from '../platforms/emr/settings.ts';
import type { glueSettings } from '../platforms/glue/settings.ts';

/** What submitters alone use: Airflow asks, waits and chooses credentials in its own ways. */
type NotAirflows = 'waitForRoomS' | 'host' | 'region' | 'jobTakes' | 'jobId';
type SettingsOf<Schema extends z.ZodType> = Omit<z.input<Schema>, NotAirflows>;

interface Remote {
  /** Name of Airflow's connection. */
  readonly connection?: string;
  /** Wait in the triggerer and not in a worker. Needs one; on AWS also the package aiobotocore. */
  readonly deferrable?: boolean;
  /** How often to ask for the state of the run. */
  readonly poll?: Duration;
}

interface Aws extends Remote {
  readonly region?: string;
}

export interface BashTarget {
  readonly kind: 'bash';
  /** The words that start the generic entry, such as `['node', '/opt/dray/generic-entry.mjs']`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working folder; default: an empty one for each try. */
  readonly folder?: string;
  /** A Spark is within its reach. */
  readonly spark: boolean;
}

export interface DockerTarget {
  readonly kind: 'docker';
  /** One of dray's images, or one with the same entry point. */
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly connection?: string;
  readonly dockerUrl?: string;
  readonly network?: string;
  readonly memory?: string;
  readonly mounts: readonly {
    readonly source: string;
    readonly target: string;
    readonly readOnly?: boolean;
  }[];
  /** The image has Spark. */
  readonly spark: boolean;
}

export interface KubernetesTarget {
  readonly kind: 'kubernetes';
  readonly image: string;
  readonly namespace: string;
  readonly connection?: string;
  readonly serviceAccount?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Kubernetes secrets whose keys become variables of the environment. */
  readonly secrets: readonly string[];
  readonly resources?: {
    readonly cpu: string;
    readonly memory: string;
    readonly limitMemory?: string;
  };
  readonly deferrable?: boolean;
  readonly spark: boolean;
}

export interface SparkSubmitTarget {
  readonly kind: 'spark-submit';
  /** `generic_entry.py`, as `dray package` has made it. */
  readonly application: string;
  readonly archives?: string;
  readonly jars: readonly string[];
  readonly conf: Readonly<Record<string, string>>;
  readonly connection: string;
}

export interface DatabricksTarget extends Remote {
  readonly kind: 'databricks';
  readonly settings: SettingsOf<typeof databricksSettings>;
}

export interface GlueTarget extends Aws {
  readonly kind: 'glue';
  readonly settings: SettingsOf<typeof glueSettings>;
  /** Keep the Glue job as the settings say, at each run; else it is made once. */
  readonly updateJob: boolean;
}

type EmrSteps = Omit<SettingsOf<typeof emrSettings>, 'clusterId' | 'cluster'>;

export interface EmrTarget extends Aws {
  readonly kind: 'emr';
  readonly settings: EmrSteps;
  /** `j-...`, a variable, or a cluster of this DAG. */
  readonly cluster: string | { readonly kind: 'cluster' };
}

export interface EmrServerlessTarget extends Aws {
  readonly kind: 'emr-serverless';
  readonly settings: SettingsOf<typeof emrServerlessSettings>;
}

/** What runs a task. */
export type Target =
  | BashTarget
  | DockerTarget
  | KubernetesTarget
  | SparkSubmitTarget
  | DatabricksTarget
  | GlueTarget
  | EmrTarget
  | EmrServerlessTarget;

type Given<T, Defaulted extends keyof T> = Omit<T, 'kind' | Defaulted> &
  Partial<Pick<T, Defaulted>>;

/** On Airflow's own worker: `generic_entry` of the wheel by default. */
export function bash(options: Given<BashTarget, 'command' | 'env' | 'spark'> = {}): BashTarget {
  return { kind: 'bash', command: ['generic_entry'], env: {}, spark: false, ...options };
}

export function docker(options: Given<DockerTarget, 'env' | 'mounts' | 'spark'>): DockerTarget {
  return { kind: 'docker', env: {}, mounts: [], spark: false, ...options };
}

export function kubernetes(
  options: Given<KubernetesTarget, 'namespace' | 'env' | 'secrets' | 'spark'>,
): KubernetesTarget {
  return {
    kind: 'kubernetes',
    namespace: 'default',
    env: {},
    secrets: [],
    spark: false,
    ...options,
  };
}

export function sparkSubmit(
  options: Given<SparkSubmitTarget, 'jars' | 'conf' | 'connection'>,
): SparkSubmitTarget {
  return { kind: 'spark-submit', jars: [], conf: {}, connection: 'spark_default', ...options };
}

/** @param settings - as for `dray submit databricks`. */
export function databricks(
  settings: DatabricksTarget['settings'],
  options: Remote = {},
): DatabricksTarget {
  return { kind: 'databricks', settings, ...options };
}

/** @param settings - as for `dray submit glue`. */
export function glue(
  settings: GlueTarget['settings'],
  options: Aws & { readonly updateJob?: boolean } = {},
): GlueTarget {
  return { kind: 'glue', settings, updateJob: true, ...options };
}

/** @param settings - as for `dray submit emr`, without the cluster. */
export function emr(settings: EmrSteps, options: Omit<EmrTarget, 'kind' | 'settings'>): EmrTarget {
  return { kind: 'emr', settings, ...options };
}

/** @param settings - as for `dray submit emr-serverless`. */
export function emrServerless(
  settings: EmrServerlessTarget['settings'],
  options: Aws = {},
): EmrServerlessTarget {
  return { kind: 'emr-serverless', settings, ...options };
}

const WITHOUT_SPARK: readonly EngineName[] = ['row', 'bulk'];

/** The engines that a target has. */
export function enginesOn(target: Target): readonly EngineName[] {
  return 'spark' in target && !target.spark ? WITHOUT_SPARK : [...WITHOUT_SPARK, 'bigdata'];
}
