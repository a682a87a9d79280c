import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { SUBMISSION_MOVES } from '../../core/submission-store.ts';
import type { RemoteMeaning } from '../../core/submitter.ts';
import { CONTAINER_STATES } from '../../platforms/container/states.ts';
import {
  DATABRICKS_STATES,
  LIFE_CYCLE_STATES,
  RESULT_STATES,
  TERMINATION_CODES,
  TERMINATION_TYPES,
} from '../../platforms/databricks/states.ts';
import { EMR_SERVERLESS_STATES } from '../../platforms/emr-serverless/states.ts';
import { EMR_CLUSTER_STATES, EMR_STEP_STATES } from '../../platforms/emr/states.ts';
import { GLUE_STATES } from '../../platforms/glue/states.ts';
import {
  KUBERNETES_JOB,
  KUBERNETES_JOB_FAILURES,
  KUBERNETES_POD,
  KUBERNETES_POD_FAILURES,
  KUBERNETES_WAITING,
} from '../../platforms/kubernetes/states.ts';
import { LOCAL_STATES } from '../../platforms/local/states.ts';

const PAGE = readFileSync(new URL('../../docs/states.md', import.meta.url), 'utf8');

/** The rows of the first table below a heading, cells trimmed, without titles. */
function tableBelow(heading: string): readonly (readonly string[])[] {
  const [, below = ''] = PAGE.split(`${heading}\n`);
  const [table = ''] = /(^\|.*\n)+/m.exec(below) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const PLATFORMS: Readonly<Record<string, Readonly<Record<string, RemoteMeaning>>>> = {
  Glue: GLUE_STATES,
  Databricks: DATABRICKS_STATES,
  'Databricks: code of the termination': TERMINATION_CODES,
  'Databricks: type of the termination': TERMINATION_TYPES,
  'Databricks: life cycle': LIFE_CYCLE_STATES,
  'Databricks: result': RESULT_STATES,
  'EMR step': EMR_STEP_STATES,
  'EMR cluster': EMR_CLUSTER_STATES,
  'EMR Serverless': EMR_SERVERLESS_STATES,
  Container: CONTAINER_STATES,
  'Kubernetes: Job': KUBERNETES_JOB,
  'Kubernetes: reason of Failed': KUBERNETES_JOB_FAILURES,
  'Kubernetes: pod': KUBERNETES_POD,
  'Kubernetes: why a pod has failed': KUBERNETES_POD_FAILURES,
  'Kubernetes: why a pod waits': KUBERNETES_WAITING,
  'This machine': LOCAL_STATES,
};

it.each(Object.entries(PLATFORMS))('docs/states.md has every state of %s', (name, states) => {
  const written = tableBelow(`### ${name}`);
  const wanted = Object.entries(states).map(([own, { state, platformFault }]) => {
    return [own, state, platformFault === true ? 'yes' : ''];
  });
  expect(written).toEqual(wanted);
});

it('docs/states.md has every move of a submission', () => {
  const written = tableBelow('## States of a submission').map(([state, , next = '']) => {
    return [state, next === '' ? [] : next.split(', ')];
  });
  expect(written).toEqual(Object.entries(SUBMISSION_MOVES));
});
