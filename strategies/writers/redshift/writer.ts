import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { MODES } from '../../../core/ledger.ts';
import { defineWriter, type OpenWriter } from '../../../core/strategy.ts';
import { chooseEndpoint } from '../../postgres/endpoint.ts';
import { displayName } from '../../postgres/table-name.ts';
import { redshift } from '../../redshift/dialect.ts';
import { redshiftSettings } from '../../redshift/settings.ts';
import { roleOf, stagingRoot } from '../../redshift/staging.ts';
import { redshiftTable } from '../../redshift/table-name.ts';
import { contentHash } from './content-hash.ts';
import { layoutOf } from './layout.ts';
import { openRedshiftSink } from './sink.ts';
import { openStagedFiles } from './staged-files.ts';

const redshiftConfig = z.strictObject({
  strategy: z.literal('REDSHIFT'),
  jdbcUrl: z.string().min(1),
  /** Connection properties as the JDBC driver names them; `password` may be a `secret://`. */
  properties: z.record(z.string(), z.string()).default({}),
  table: z.string().min(1).default('public.promotions'),
  /** `s3://bucket/prefix`, where COPY reads from. */
  stagingPath: z.string().min(1),
  /** The role that the cluster reads the staging path with: its ARN, or `default`. */
  iamRole: z.string().min(1).default('default'),
  mode: z.enum(MODES).default('overwrite_window'),
  partitionBy: z.union([z.string(), z.array(z.string())]).optional(),
  options: z.record(z.string(), z.string()).optional(),
});
type RedshiftConfig = z.output<typeof redshiftConfig>;

/** Loads into a Redshift table: files to S3, COPY into a temporary table, then one transaction. */
export const redshiftWriter = defineWriter({
  config: redshiftConfig,
  modes: ['append', 'overwrite', 'overwrite_window', 'merge'],
  on: { row: open, bulk: open, bigdata: open },
});

async function open(
  ...[session, config, request, context, signal]: Parameters<OpenWriter<RedshiftConfig>>
): ReturnType<OpenWriter<RedshiftConfig>> {
  if (config.partitionBy !== undefined) {
    throw new JobError('NOT_SUPPORTED', 'Redshift has no partitioned tables', {
      hint: 'leave "partition_by" out; options "dist_key" and "sort_key" say how rows are laid',
    });
  }
  // What a merge leaves is hashed by the server, where it can.
  if (config.mode === 'merge') contentHash(request.contract);
  const settings = redshiftSettings(config.jdbcUrl, config.properties, `dray ${request.runId}`);
  const table = redshiftTable(config.table, settings.searchPath);
  const layout = layoutOf(config.options ?? {}, request.contract);
  const role = roleOf(config.iamRole);
  const root = stagingRoot(config.stagingPath);
  const storage = context.openStorage(root);
  const password = settings.password && (await context.resolveSecret(settings.password));
  const what = displayName(table);
  const endpoint = await chooseEndpoint(settings, password, what, context, signal, redshift);
  const files = openStagedFiles(storage, root, endpoint.party.target);
  return openRedshiftSink({ session, endpoint, table, files, role, layout, request, context });
}
