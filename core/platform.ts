export const PLATFORMS = ['databricks', 'glue', 'emr', 'container', 'local'] as const;
/** Where the bundle runs. On the wire (`service_provider`) the names are upper case. */
export type Platform = (typeof PLATFORMS)[number];

/** The platforms' names on the wire. */
export type ServiceProvider = Uppercase<Platform>;
export const SERVICE_PROVIDERS: readonly ServiceProvider[] = PLATFORMS.map(toServiceProvider);

function toServiceProvider(platform: Platform): ServiceProvider {
  return platform.toUpperCase() as ServiceProvider;
}

/** The platform of a wire name, which is matched exactly; undefined when there is none. */
export function toPlatform(name: string): Platform | undefined {
  return PLATFORMS.find((platform) => toServiceProvider(platform) === name);
}

export interface DetectedPlatform {
  readonly platform: Platform;
  /** What decided it, for people: `DATABRICKS_RUNTIME_VERSION is set`. */
  readonly evidence: string;
  /** A Spark server is within reach: `SPARK_REMOTE` is set, or the launcher started this process. */
  readonly hasSpark: boolean;
}
