import type { jobs } from '@databricks/sdk-experimental';
import { describe, expect, it } from '@jest/globals';
import type { RemoteMeaning } from '../../../core/submitter.ts';
import {
  DATABRICKS_STATES,
  databricksStatus,
  LIFE_CYCLE_STATES,
  RESULT_STATES,
  TERMINATION_CODES,
  TERMINATION_TYPES,
} from '../../../platforms/databricks/states.ts';

/** Every value that Databricks publishes has a meaning, or this file does not compile. */
const PUBLISHED = {
  states: DATABRICKS_STATES satisfies Record<jobs.RunLifecycleStateV2State, RemoteMeaning>,
  codes: TERMINATION_CODES satisfies Record<jobs.TerminationCodeCode, RemoteMeaning>,
  types: TERMINATION_TYPES satisfies Record<jobs.TerminationTypeType, RemoteMeaning>,
  lives: LIFE_CYCLE_STATES satisfies Record<jobs.RunLifeCycleState, RemoteMeaning>,
  results: RESULT_STATES satisfies Record<jobs.RunResultState, RemoteMeaning>,
};

const ended = (code: string, type = 'CLIENT_ERROR', result?: string) =>
  databricksStatus({
    status: { state: 'TERMINATED', termination_details: { code, type, message: 'why' } },
    ...(result === undefined ? {} : { state: { result_state: result } }),
  });
const old = (life: string, result?: string) =>
  databricksStatus({
    state: { life_cycle_state: life, ...(result === undefined ? {} : { result_state: result }) },
  });

describe('the state of a run on Databricks', () => {
  it.each(Object.entries(PUBLISHED.states))('%s is what the table says', (state, meaning) => {
    expect(databricksStatus({ status: { state } })).toEqual({ ...meaning, platformState: state });
  });

  it.each(Object.entries(PUBLISHED.codes))(
    'ended by %s is what the table says',
    (code, meaning) => {
      const platformState = `TERMINATED ${code}`;
      expect(ended(code)).toEqual({ ...meaning, platformState, message: 'why' });
    },
  );

  it('is an end by its type when the code is newer than dray, and never a success by that', () => {
    expect(ended('NEW_CODE', 'INTERNAL_ERROR')).toMatchObject({
      ...{ state: 'FAILED', platformFault: true },
    });
    expect(ended('NEW_CODE')).toMatchObject({ state: 'FAILED' });
    expect(ended('NEW_CODE', 'SUCCESS')).toMatchObject({ state: 'UNKNOWN' });
    expect(ended('NEW_CODE', 'SUCCESS', 'SUCCESS')).toMatchObject({ state: 'SUCCEEDED' });
    expect(ended('NEW_CODE', 'CLIENT_ERROR', 'SUCCESS')).toMatchObject({ state: 'FAILED' });
    expect(ended('NEW_CODE', 'NEW_TYPE')).toMatchObject({ state: 'UNKNOWN' });
  });

  it.each(
    Object.entries(PUBLISHED.lives).flatMap(([life, meaning]) =>
      [undefined, ...Object.keys(PUBLISHED.results)].map((result) => {
        const isOver = ['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR'].includes(life);
        const found = result as keyof typeof PUBLISHED.results | undefined;
        const contradicts = result === 'SUCCESS' && life !== 'TERMINATED';
        const byResult = found !== undefined && isOver && !contradicts;
        return [life, result, byResult ? PUBLISHED.results[found] : meaning] as const;
      }),
    ),
  )('of an older workspace, %s and %s, is what the tables say', (life, result, meaning) => {
    const platformState = result === undefined ? life : `${life} ${result}`;
    expect(old(life, result)).toEqual({ ...meaning, platformState });
  });

  it('is unknown when nobody knows it', () => {
    expect(old('NEW_STATE')).toEqual({ state: 'UNKNOWN', platformState: 'NEW_STATE' });
    expect(databricksStatus({})).toEqual({ state: 'UNKNOWN', platformState: '' });
    expect(databricksStatus({ status: { state: 'toString' } }).state).toBe('UNKNOWN');
  });
});
