import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { cliAt } from '../entry/cli.ts';
import { AIRFLOWS, OLDER, VERSIONS, withoutAirflow } from './airflow.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUFF = process.env['DRAY_TEST_RUFF'];

(withoutAirflow === '' ? describe : describe.skip)(`generated DAGs${withoutAirflow}`, () => {
  it.each([...VERSIONS, ...Object.keys(OLDER)])(
    'are parsed by Airflow %s without an error or a deprecation',
    async (version) => {
      const args = [
        'dags',
        'check',
        '--python',
        { ...AIRFLOWS, ...OLDER }[version] ?? '',
        '--json',
      ];
      const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
      const { code, out, err } = await cliAt(ROOT, env, systemClock)(args);
      expect([code, err]).toEqual([0, `Airflow ${version} has parsed 7 DAGs\n`]);
      const { dags } = JSON.parse(out) as { dags: Record<string, unknown> };
      expect(dags['load_promos_emr']).toEqual([
        [
          'create_emr_cluster',
          'EmrCreateJobFlowOperator',
          ['end_create_emr_cluster', 'load_promos'],
        ],
        ['end_create_emr_cluster', 'EmrTerminateJobFlowOperator', []],
        ['load_promos', 'EmrAddStepsOperator', ['end_create_emr_cluster']],
      ]);
      expect(dags['load_promos_containers']).toMatchObject([
        ['choose', 'BranchPythonOperator', ['done', 'history.load_by_spark', 'load_in_pod']],
        ['done', 'EmptyOperator', []],
        ['history.load_by_spark', 'SparkSubmitOperator', ['history.stage_regions']],
        ['history.stage_regions', 'DrayDockerOperator', ['done']],
        ['load_in_pod', 'DrayKubernetesPodOperator', ['done']],
      ]);
    },
  );
});

(RUFF === undefined ? describe.skip : describe)(
  `generated DAGs as Python${RUFF === undefined ? ' (skipped: no ruff)' : ''}`,
  () => {
    it.each([['check'], ['format', '--check']])(
      'have nothing that ruff %s would change',
      (...args) => {
        const { status, stdout } = spawnSync(
          RUFF ?? '',
          [...args, '--isolated', '--no-cache', join(ROOT, 'dags/generated')],
          { encoding: 'utf8' },
        );
        expect([status, stdout]).toEqual([0, expect.any(String)]);
      },
    );
  },
);
