import { loadPromos } from '../../jobs/load-promos/job.ts';
import { defineDag } from '../define.ts';
import { pagerDuty, slack } from '../notifier.ts';
import { cron } from '../schedule.ts';
import { bash } from '../target.ts';
import { PROD, promosIn } from './promos.ts';

/** The smallest one: the job on Airflow's own worker, by DuckDB. */
export const loadPromosBash = defineDag(
  'load_promos_bash',
  {
    description: "Promotions of the day before, on Airflow's own worker.",
    schedule: cron('0 2 * * *'),
    startDate: '2024-01-01',
    tags: ['promotions', 'dray'],
    defaults: { owner: 'data-team', retries: 2, retryDelay: { minutes: 5 } },
    onFailure: [slack('slack_data_team'), pagerDuty('pagerduty_data_team')],
  },
  (dag) => {
    dag.task('load_promos', {
      job: loadPromos,
      on: bash(),
      config: { ...promosIn(PROD), strategyType: 'bulk' },
      timeout: { hours: 2 },
    });
  },
);
