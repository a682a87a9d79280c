import { z } from 'zod';
import { ENGINES } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Mode } from '../../core/ledger.ts';
import { extractorConfig, loaderConfig, notifierConfig } from '../../strategies/registry.ts';
import { qualityRules } from '../quality/rule-config.ts';
import { DEFAULT_SCHEMA_CONTRACT, schemaContract } from '../schema-contract.ts';
import { RULES } from './checked.ts';

/** Keys that are accepted on the wire and have no implementation yet; they are never ignored. */
const NOT_BUILT = ['retry', 'logging'] as const;

/**
 * The config of the reference document, key for key, and the optional additions. On the wire the
 * keys are snake_case. A loader left out is not run.
 */
export const loadPromosConfig = z.strictObject({
  jobFailedNotifications: notifierConfig.optional(),
  jobSuccessNotifications: notifierConfig.optional(),
  dataQualityNotifications: notifierConfig.optional(),
  extractorConfig,
  unityLoaderConfig: loaderConfig.optional(),
  stageLoaderConfig: loaderConfig.optional(),
  redshiftLoaderConfig: loaderConfig.optional(),
  strategyType: z.enum([...ENGINES, 'auto']).optional(),
  /** Engines to go on with, in this order, when the chosen one fails as an engine. */
  fallback: z.array(z.enum(ENGINES)).default([]),
  /** A Spark Connect server, `sc://host:port/;token=...`, or a `secret://` that holds one. */
  sparkRemote: z.string().min(1).optional(),
  /** Where department, brand and category of a product come from. A path means Parquet. */
  productsTable: z.union([z.string().min(1), extractorConfig]).optional(),
  quality: z
    .strictObject({
      /** Besides the job's own rules, see docs/quality.md. */
      rules: qualityRules([...RULES, 'product_known', 'row_error']).default([]),
      maxQuarantinedRatio: z.number().min(0).max(1).default(0.01),
    })
    .default({ rules: [], maxQuarantinedRatio: 0.01 }),
  /** What columns do that the source has otherwise than the job knows them. */
  schemaContract: schemaContract.default(DEFAULT_SCHEMA_CONTRACT),
  quarantine: z.strictObject({ path: z.string().min(1) }).optional(),
  /** What an empty window does to the rows that the targets hold for it. */
  onEmpty: z.enum(['keep', 'replace']).default('keep'),
  timeoutS: z
    .number()
    .positive()
    .max(7 * 86_400)
    .optional(),
  lockTimeoutS: z.number().min(0).max(86_400).default(300),
  resources: z
    .strictObject({
      memoryMb: z.int().min(128).optional(),
      threads: z.int().min(1).max(1024).optional(),
      tempDir: z.string().min(1).optional(),
    })
    .default({}),
  retry: z.unknown().optional(),
  logging: z.unknown().optional(),
});

export type LoadPromosConfig = z.output<typeof loadPromosConfig>;

function isIncremental(reader: LoadPromosConfig['extractorConfig']): boolean {
  return 'incremental' in reader && reader.incremental !== undefined;
}

/**
 * @throws JobError `CONFIG_INVALID` for an incremental read into a sink that cannot keep what is there.
 */
export function refuseReplacedIncrement(
  { extractorConfig: reader }: LoadPromosConfig,
  sinks: readonly { readonly name: string; readonly mode: Mode }[],
): void {
  if (!('incremental' in reader) || reader.incremental === undefined) return;
  const again = 'lookBack' in reader.incremental && reader.incremental.lookBack !== undefined;
  for (const { name, mode } of sinks) {
    if (mode === 'merge' || (mode === 'append' && !again)) continue;
    throw new JobError(
      'CONFIG_INVALID',
      `${name}_loader_config: mode "${mode}" does not go with "incremental": ` +
        (mode === 'append'
          ? '"look_back" reads rows again, which would be there twice'
          : 'the rows that are new would replace all others'),
      { hint: again ? 'set "mode" to "merge"' : 'set "mode" to "merge" or "append"' },
    );
  }
}

/** @throws JobError `NOT_SUPPORTED` for an accepted key that nothing implements yet. */
export function refuseNotBuilt(config: LoadPromosConfig): void {
  const used: string[] = NOT_BUILT.filter((key) => config[key] !== undefined);
  const { productsTable } = config;
  if (typeof productsTable === 'object' && isIncremental(productsTable)) {
    used.push('products_table.incremental');
  }
  if (used.length > 0) {
    throw new JobError('NOT_SUPPORTED', `"${used.join('", "')}" is not built yet`, {
      hint: 'leave it out for now',
    });
  }
}
