import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileDags } from '../../dags/compiler/compile.ts';
import { defineDag } from '../../dags/define.ts';
import { slack } from '../../dags/notifier.ts';
import { cron } from '../../dags/schedule.ts';
import { bash } from '../../dags/target.ts';
import { loadPromos } from '../../jobs/load-promos/job.ts';
import { openAirflow, VERSIONS, withoutAirflow } from './airflow.ts';

(withoutAirflow === '' ? describe : describe.skip)(`a missed deadline${withoutAirflow}`, () => {
  const told: string[] = [];
  const slackServer = createServer((request, response) => {
    void text(request).then((body) => {
      told.push(body);
      response.end('ok');
    });
  });
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dray-deadline-'));
    await new Promise<void>((resolve) => slackServer.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    slackServer.close();
    await rm(folder, { recursive: true });
  });

  it.each(VERSIONS)(
    'is told through Airflow %s, which deprecates nothing of it',
    async (version) => {
      const airflow = version.startsWith('2.') ? '2' : '3';
      const late = defineDag(
        'late',
        {
          ...{ schedule: cron('0 2 * * *'), startDate: '2024-01-01', airflow },
          deadline: { after: { hours: 3 }, notify: [slack('slack_data_team')] },
        },
        (dag) => {
          dag.task('load', {
            ...{ job: loadPromos, on: bash() },
            config: {
              extractorConfig: { strategy: 'PARQUET', sourceTable: '/data' },
              stageLoaderConfig: { strategy: 'PARQUET', path: '/stage' },
            },
          });
        },
      );
      const [compiled] = await compileDags([late], import.meta.dirname);
      await writeFile(join(folder, 'late.py'), compiled?.python ?? '');
      const { port } = slackServer.address() as AddressInfo;
      const connection = {
        ...{ conn_type: 'slackwebhook', host: `http://127.0.0.1:${String(port)}` },
        password: 'T0/B0/x',
      };
      told.length = 0;
      await using home = await openAirflow(version);
      const deprecated = await home.script('miss_deadline.py', 'MISSED', [folder, 'late'], {
        AIRFLOW_CONN_SLACK_DATA_TEAM: JSON.stringify(connection),
      });
      expect(deprecated).toEqual([]);
      expect(told.map((body) => JSON.parse(body) as unknown)).toEqual([
        { text: 'late has missed its deadline: not done 3 h after it began' },
      ]);
    },
  );
});
