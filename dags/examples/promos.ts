import type { ConfigOf } from '../../jobs/job.ts';
import type { loadPromos } from '../../jobs/load-promos/job.ts';

/** Where a team's promotions are, in an environment. */
export interface Lake {
  readonly bucket: string;
  readonly warehouse: string;
}

export const PROD: Lake = {
  bucket: 'acme-lake',
  warehouse: 'jdbc:postgresql://warehouse.acme.internal:5432/dwh',
};

/** The main job's config: where it reads, the three places it loads to. */
export function promosIn({ bucket, warehouse }: Lake): ConfigOf<typeof loadPromos> {
  return {
    jobFailedNotifications: { notificationService: 'NOOP' },
    jobSuccessNotifications: { notificationService: 'NOOP' },
    dataQualityNotifications: { notificationService: 'NOOP' },
    extractorConfig: { strategy: 'PARQUET', sourceTable: `s3://${bucket}/raw/promotions` },
    unityLoaderConfig: { strategy: 'DELTA', path: `s3://${bucket}/unity/promotions` },
    stageLoaderConfig: { strategy: 'PARQUET', path: `s3://${bucket}/stage/promotions` },
    redshiftLoaderConfig: {
      strategy: 'POSTGRES',
      jdbcUrl: warehouse,
      table: 'public.promotions',
      properties: {
        user: 'loader',
        password: 'secret://aws-secretsmanager/prod/promos#password',
        driver: 'org.postgresql.Driver',
      },
    },
  };
}
