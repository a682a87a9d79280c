import { loadPromos } from '../../jobs/load-promos/job.ts';
import type { ConfigOf } from '../../jobs/job.ts';
import { defineDag } from '../../dags/define.ts';
import type { DagDefinition } from '../../dags/model.ts';
import { choice } from '../../dags/param.ts';
import { cron } from '../../dags/schedule.ts';
import {
  bash,
  databricks,
  docker,
  emr,
  emrServerless,
  glue,
  kubernetes,
  sparkSubmit,
  type Target,
} from '../../dags/target.ts';

/** What shells, Jinja, YARN, JSON and Python each take for something else. */
export const NASTY = [
  'it\'s "quoted" \\ and \\" and \\n',
  '{{ dag.dag_id }} }} {{{ nested }}} {% raw %}{{ x }}{% endraw %} {# not a comment #}',
  '{% if true %}gone{% endif %} {%- -%} %}',
  '$HOME `id` $(id) $$ %s %(name)s && ; | > * ~ !',
  'ü ß 漢字 😀 \u202e \u0000 \u001b[31m \u2028 \ue000x\ue001',
  'line\nbreak\r\nand tab\t, {',
  '<CPS> {{PWD}} a.json',
];

export const NASTY_CONFIG: ConfigOf<typeof loadPromos> = {
  extractorConfig: { strategy: 'PARQUET', sourceTable: `s3://lake/${NASTY[0] ?? ''}` },
  redshiftLoaderConfig: {
    strategy: 'POSTGRES',
    jdbcUrl: 'jdbc:postgresql://db:5432/dwh',
    table: 'public.promotions',
    properties: {
      ...{ user: 'loader', password: 'secret://env/PASSWORD', driver: 'org.postgresql.Driver' },
      ...Object.fromEntries(NASTY.map((text, index) => [`p${String(index)} ${text}`, text])),
    },
  },
  quality: { maxQuarantinedRatio: 0.000_000_1 },
};

const SCRIPT = 's3://artifacts/generic_entry.py';
const ENV = { GREETING: NASTY.join(' ').replaceAll('\u0000', '') };

const TARGETS: Readonly<Record<string, Target>> = {
  bash: bash({ command: ['node', "/opt/it's here/{{ x }}.mjs"], env: ENV }),
  docker: docker({ image: 'dray-job:test', env: ENV }),
  kubernetes: kubernetes({ image: 'dray-job:test', env: ENV }),
  spark_submit: sparkSubmit({ application: '/opt/dray/generic_entry.py' }),
  databricks: databricks({
    newCluster: {
      ...{ sparkVersion: '17.3.x-scala2.13', nodeTypeId: 'i3.xlarge', numWorkers: 2 },
      tags: ENV,
    },
    wheels: ['/Volumes/main/jobs/dray.whl'],
  }),
  glue: glue({ role: 'promos', scriptLocation: SCRIPT, resultPrefix: 's3://artifacts/results' }),
  emr: emr({ scriptLocation: SCRIPT, resultPrefix: 's3://artifacts/r' }, { cluster: 'j-1ABC' }),
  emr_serverless: emrServerless({
    applicationId: '00f1r3p0a2o5ml09',
    executionRole: 'arn:aws:iam::123456789012:role/promos',
    scriptLocation: SCRIPT,
  }),
};

const MODE = choice('mode', ['daily', 'full']);

/** A task for each target; those with parameters, where Databricks' operator adds them, in a DAG of theirs. */
export const nastyDags: readonly DagDefinition[] = ['nasty', 'nasty_with_params'].map((id) =>
  defineDag(
    id,
    {
      schedule: cron('0 0 * * *', 'Europe/Berlin'),
      startDate: '2024-01-01',
      docs: `${NASTY.join('\n')} """ '''\\`,
      ...(id === 'nasty' ? {} : { params: [MODE] }),
    },
    (dag) => {
      for (const [name, on] of Object.entries(TARGETS)) {
        dag.task(name, { job: loadPromos, on, config: NASTY_CONFIG });
      }
    },
  ),
);
