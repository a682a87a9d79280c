import { loadPromos } from '../../jobs/load-promos/job.ts';
import { defineDag } from '../define.ts';
import { forEnvironments } from '../environments.ts';
import { asset, cron } from '../schedule.ts';
import { emr, emrServerless } from '../target.ts';
import { variable } from '../template.ts';
import { promosIn, PROD } from './promos.ts';

const PACKAGE = {
  scriptLocation: 's3://acme-artifacts/dray/0.1.0/generic_entry.py',
  archive: 's3://acme-artifacts/dray/0.1.0/dray-emr-linux-x64.tar.gz',
};
const USUAL = {
  schedule: cron('0 2 * * *'),
  startDate: '2024-01-01',
  tags: ['promotions', 'dray'],
  defaults: { owner: 'data-team', retries: 2, retryDelay: { minutes: 5 } },
} as const;

/** On a cluster of the run's own, which ends however the load ends. */
export const loadPromosEmr = forEnvironments(
  {
    dev: { lake: { ...PROD, bucket: 'acme-lake-dev' }, workers: 1 },
    prod: { lake: PROD, workers: 4 },
  },
  ({ lake, workers }) =>
    defineDag('load_promos_emr', USUAL, (dag) => {
      const cluster = dag.emrCluster('create_emr_cluster', { workers, spot: true });
      dag.task('load_promos', {
        job: loadPromos,
        on: emr(PACKAGE, { cluster, poll: { seconds: 30 } }),
        config: { ...promosIn(lake), strategyType: 'bigdata' },
        outlets: [asset(`s3://${lake.bucket}/unity/promotions`)],
      });
    }),
);

/** On a cluster that is there, whose id is a variable of Airflow's. */
export const loadPromosEmrShared = defineDag('load_promos_emr_shared', USUAL, (dag) => {
  dag.task('load_promos', {
    job: loadPromos,
    on: emr(PACKAGE, { cluster: variable('emr_cluster_id') }),
    config: promosIn(PROD),
  });
});

export const loadPromosEmrServerless = defineDag('load_promos_emr_serverless', USUAL, (dag) => {
  dag.task('load_promos', {
    job: loadPromos,
    on: emrServerless({
      ...PACKAGE,
      applicationId: '00f1r3p0a2o5ml09',
      executionRole: 'arn:aws:iam::123456789012:role/promos-loader',
    }),
    config: promosIn(PROD),
  });
});
