import { loadPromos } from '../../jobs/load-promos/job.ts';
import { defineDag } from '../define.ts';
import { email } from '../notifier.ts';
import { cron } from '../schedule.ts';
import { databricks } from '../target.ts';
import { lookBack } from '../window.ts';
import { PROD, promosIn } from './promos.ts';

const VOLUME = '/Volumes/main/jobs/dray/0.1.0';

export const loadPromosDatabricks = defineDag(
  'load_promos_databricks',
  {
    description: 'Promotions of the last three days, on Databricks.',
    schedule: cron('0 2 * * *', 'Europe/Berlin'),
    startDate: '2024-01-01',
    tags: ['promotions', 'dray'],
    defaults: {
      ...{ owner: 'data-team', retries: 2, retryDelay: { minutes: 5 }, retryBackoff: true },
      onFailure: [email(['data-team@acme.example'])],
    },
  },
  (dag) => {
    dag.task('load_promos', {
      job: loadPromos,
      window: lookBack(2),
      on: databricks(
        {
          newCluster: { sparkVersion: '17.3.x-scala2.13', nodeTypeId: 'i3.xlarge', numWorkers: 2 },
          wheels: [`${VOLUME}/dray_entry-0.1.0-py3-none-any.whl`],
        },
        { deferrable: true },
      ),
      config: promosIn(PROD),
    });
  },
);
