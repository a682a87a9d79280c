import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sparkVersions, withoutSpark } from '../../spark/server.ts';
import { itAggregatesTheSame } from './aggregates.ts';
import { itNoticesWrongRelations } from './faults/relations.ts';
import { itNoticesFaults } from './faults/planted.ts';
import { itEvaluatesConstantsTheSame } from './constants.ts';
import { itEvaluatesTheSame } from './expressions.ts';
import { itRunsRandomPlansTheSame } from './random/random.ts';
import { itReadsTheSame } from './sources.ts';
import { itRelatesTheSame } from './relations.ts';
import { itWritesTheSame } from './results.ts';
import { openWorld, type World } from './world.ts';

describe('the engines row, bulk and every Spark that is here', () => {
  let opened: World | undefined;
  const world = (): World => {
    if (opened === undefined) throw new Error('the engines are not open');
    return opened;
  };

  beforeAll(async () => {
    opened = await openWorld();
  });
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
  });

  (withoutSpark === '' ? describe : describe.skip)(`Spark among them${withoutSpark}`, () => {
    it('is compared like the others', () => {
      const names = world().engines.map(({ name }) => name);
      expect(names).toEqual(['row', 'bulk', ...sparkVersions.map((each) => `Spark ${each}`)]);
    });
  });
  itReadsTheSame(world);
  itEvaluatesTheSame(world);
  itEvaluatesConstantsTheSame(world);
  itAggregatesTheSame(world);
  itRelatesTheSame(world);
  itWritesTheSame(world);
  itRunsRandomPlansTheSame(world);
  itNoticesFaults(world);
  itNoticesWrongRelations(world);
});
