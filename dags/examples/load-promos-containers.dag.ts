import type { ConfigOf } from '../../jobs/job.ts';
import { loadPromos } from '../../jobs/load-promos/job.ts';
import { defineDag } from '../define.ts';
import { choice } from '../param.ts';
import { asset } from '../schedule.ts';
import { docker, kubernetes, sparkSubmit } from '../target.ts';
import { allRows } from '../window.ts';
import { PROD, promosIn } from './promos.ts';

const MODE = choice('engine', ['bulk', 'spark'], 'Spark is for the whole history.');

function regionOf(region: string): ConfigOf<typeof loadPromos> {
  return {
    extractorConfig: { strategy: 'PARQUET', sourceTable: `s3://acme-lake/raw/${region}` },
    stageLoaderConfig: { strategy: 'PARQUET', path: `s3://acme-lake/stage/${region}` },
    strategyType: 'bulk',
  };
}

/** One task for each image, and the choice between them left to who triggers the DAG. */
export const loadPromosContainers = defineDag(
  'load_promos_containers',
  {
    docs: `Loads promotions in containers.

Triggered by hand, or when the raw promotions have been updated; \`engine\` chooses what runs.`,
    schedule: [asset('s3://acme-lake/raw/promotions')],
    startDate: '2024-01-01',
    params: [MODE],
    maxActiveRuns: 1,
    defaults: { owner: 'data-team', retries: 1 },
  },
  (dag) => {
    const config = { ...promosIn(PROD), strategyType: 'bulk' } as const;
    const pod = dag.task('load_in_pod', {
      job: loadPromos,
      window: allRows,
      on: kubernetes({
        image: 'registry.acme.example/dray-job:0.1.0',
        namespace: 'data-jobs',
        serviceAccount: 'promos-loader',
        secrets: ['promos-db'],
        resources: { cpu: '1', memory: '4Gi' },
      }),
      config,
    });
    const history = dag.group('history', (group) => {
      const load = group.task('load_by_spark', {
        job: loadPromos,
        window: allRows,
        on: sparkSubmit({
          application: '/opt/dray/generic_entry.py',
          conf: { 'spark.submit.deployMode': 'client' },
        }),
        config: { ...config, strategyType: 'bigdata' },
      });
      group
        .map('stage_regions', {
          job: loadPromos,
          window: allRows,
          on: docker({ image: 'dray-job:0.1.0', network: 'data', memory: '4g' }),
          each: ['north', 'south'],
          config: regionOf,
        })
        .after(load);
    });
    const choose = dag.branch('choose', { on: MODE, cases: { bulk: pod, spark: history } });
    dag.join('done', { triggerRule: 'none_failed_min_one_success' }).after(pod, history, choose);
  },
);
