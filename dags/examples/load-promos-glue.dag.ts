import { loadPromos } from '../../jobs/load-promos/job.ts';
import { defineDag } from '../define.ts';
import { sns } from '../notifier.ts';
import { cron } from '../schedule.ts';
import { glue } from '../target.ts';
import { PROD, promosIn } from './promos.ts';

export const loadPromosGlue = defineDag(
  'load_promos_glue',
  {
    description: 'Promotions of the day before, on AWS Glue.',
    schedule: cron('0 2 * * *'),
    startDate: '2024-01-01',
    tags: ['promotions', 'dray'],
    defaults: { owner: 'data-team', retries: 2, retryDelay: { minutes: 5 } },
    onFailure: [sns('arn:aws:sns:eu-central-1:123456789012:data-alerts')],
  },
  (dag) => {
    dag.task('load_promos', {
      job: loadPromos,
      on: glue(
        {
          jobName: 'load_promos_job',
          role: 'GlueServiceRole',
          scriptLocation: 's3://acme-artifacts/dray/0.1.0/generic_entry.py',
          workers: 2,
          options: {
            '--additional-python-modules':
              's3://acme-artifacts/dray/0.1.0/dray_entry-0.1.0-py3-none-any.whl',
            '--extra-jars': 's3://acme-artifacts/dray/0.1.0/dray-spark.jar',
          },
          resultPrefix: 's3://acme-artifacts/results',
        },
        { poll: { seconds: 15 } },
      ),
      config: promosIn(PROD),
    });
  },
);
