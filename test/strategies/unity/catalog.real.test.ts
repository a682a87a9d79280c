import { setDefaultCACertificates, getCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import type { StrategyContext } from '../../../core/strategy.ts';
import { promotionsContract } from '../../../jobs/load-promos/contract.ts';
import { afterUnityLoad, locateTable } from '../../../strategies/unity/catalog.ts';
import { unityAfterLoad, warehouseConfig } from '../../../strategies/unity/config.ts';
import { parseUnityName } from '../../../strategies/unity/table-name.ts';
import { unsupportedFeature } from '../../../strategies/writers/delta/protocol.ts';
import {
  type FakeWarehouse,
  HTTP_PATH,
  newTable,
  startFakeWarehouse,
  TOKEN,
} from '../../unity/fake-warehouse.ts';
import { CERTIFICATE } from '../../unity/thrift-server.ts';

const forever = new AbortController().signal;
const PLACE = 's3a://lake/unity/promotions/';
const NAME = 'main.sales.promotions';

let warehouse: FakeWarehouse;
let before: string[];
let waits: number[];

beforeAll(() => {
  before = getCACertificates('default');
  setDefaultCACertificates([...before, CERTIFICATE]);
});
afterAll(() => {
  setDefaultCACertificates(before);
});
beforeEach(async () => {
  warehouse = await startFakeWarehouse();
  waits = [];
});
afterEach(async () => {
  await warehouse[Symbol.asyncDispose]();
});

/** Waits cost nothing, and are noted. */
const impatient: Clock = {
  ...systemClock,
  sleep(ms, signal) {
    waits.push(ms);
    signal.throwIfAborted();
    return Promise.resolve();
  },
};

const context: StrategyContext = {
  clock: impatient,
  openStorage() {
    throw new Error('nothing is stored here');
  },
  failpoints: noFailpoints,
  resolveSecret: () => Promise.resolve(TOKEN),
  warn: () => undefined,
};

function tableOf(changes: Record<string, unknown> = {}) {
  const config = { host: warehouse.host, httpPath: HTTP_PATH, token: 'secret://env/TOKEN' };
  return {
    name: parseUnityName(NAME),
    warehouse: warehouseConfig.parse({ ...config, ...changes }),
  };
}

const wishes = {
  comment: "what's on promotion \\ ${HOME}",
  tags: { cost_center: 'retail', 'data owner': "o'neil" },
  grants: [
    { principal: 'analysts', privileges: ['SELECT'] },
    { principal: 'etl`s team', privileges: ['SELECT', 'MODIFY'] },
  ],
};

/** Does all steps; returns their texts. */
async function update(wanted: object = wishes, signal = forever): Promise<readonly string[]> {
  const hook = afterUnityLoad(
    tableOf(),
    PLACE,
    unityAfterLoad.parse(wanted),
    promotionsContract,
    context,
  );
  await using work = await hook.open(signal);
  for (const step of work.steps) await step.run(signal);
  return work.steps.map(({ text }) => text);
}

describe('a table in Unity Catalog after a load', () => {
  it('is registered where the load went, with comment, tags and grants', async () => {
    await update();
    expect(warehouse.tables.get(NAME)).toMatchObject({
      location: 's3://lake/unity/promotions',
      comment: wishes.comment,
      tags: new Map(Object.entries(wishes.tags)),
      grants: new Set(['analysts|SELECT', 'etl``s team|SELECT', 'etl``s team|MODIFY']),
    });
    expect(warehouse.sessions).toEqual([{ STATEMENT_TIMEOUT: '3600' }]);
    expect(warehouse.openSessions()).toBe(0);
  });

  it('is left alone when it is as config has it', async () => {
    await update();
    const done = [...warehouse.changes];
    expect(await update({ ...wishes, grants: wishes.grants.slice(0, 1) })).toEqual([]);
    expect(warehouse.changes).toEqual(done);
  });

  it('gets again what somebody took away, and nothing else', async () => {
    await update();
    const table = warehouse.tables.get(NAME);
    table?.grants.delete('analysts|SELECT');
    table?.tags.set('cost_center', 'wholesale');
    expect(await update({ ...wishes, grants: wishes.grants.slice(0, 1) })).toEqual([
      "ALTER TABLE `main`.`sales`.`promotions` SET TAGS ('cost_center' = 'retail')",
      'GRANT SELECT ON TABLE `main`.`sales`.`promotions` TO `analysts`',
    ]);
  });

  it("keeps a comment that people wrote, unless config has one; the contract's is for none", async () => {
    const table = newTable('s3://lake/unity/promotions');
    table.comment = 'mind the weeks';
    warehouse.tables.set(NAME, table);
    await update({});
    expect(table.comment).toBe('mind the weeks');
    table.comment = '';
    await update({});
    expect(table.comment).toBe(promotionsContract.comment);
  });

  it('is not touched when its name stands for another folder, or another format', async () => {
    warehouse.tables.set(NAME, newTable('s3://lake/elsewhere'));
    await expect(update()).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('s3://lake/elsewhere'),
    });
    warehouse.tables.set(NAME, { ...newTable('s3://lake/unity/promotions'), format: 'iceberg' });
    await expect(update()).rejects.toMatchObject({ code: 'TARGET_FAILED' });
    expect(warehouse.changes).toEqual([]);
  });
});

describe('a warehouse', () => {
  it('that starts is waited for, longer each time', async () => {
    warehouse.refusals.push(503, 503, 429);
    await update({});
    expect(warehouse.tables.has(NAME)).toBe(true);
    expect(waits).toHaveLength(3);
    expect(waits[2]).toBeGreaterThan(waits[0] ?? 0);
  });

  it('that never starts is unavailable', async () => {
    warehouse.refusals.push(...Array.from({ length: 20 }, () => 503));
    await expect(update({})).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining(warehouse.host),
    });
    expect(waits).toHaveLength(19);
  });

  it('that refuses the token is not asked twice', async () => {
    const stranger = { ...context, resolveSecret: () => Promise.resolve('dapi-stranger') };
    const open = locateTable(tableOf(), unsupportedFeature, stranger, forever);
    await expect(open).rejects.toMatchObject({
      code: 'TARGET_DENIED',
      hint: expect.stringContaining('warehouse.token'),
    });
    expect(waits).toEqual([]);
  });

  it('that lacks a right says which statement needs it', async () => {
    const said = '[INSUFFICIENT_PERMISSIONS] User does not have MANAGE on Table. SQLSTATE: 42501';
    warehouse.failures.set(/^GRANT/, said);
    await expect(update()).rejects.toMatchObject({
      code: 'TARGET_DENIED',
      message: expect.stringContaining('does not have MANAGE'),
    });
  });

  it('is told to stop a statement that nobody waits for any more', async () => {
    warehouse.endless = /^OPTIMIZE/;
    const stop = new AbortController();
    const done = update({ optimizeEvery: 1 }, stop.signal);
    const reason = new Error('enough');
    while (!warehouse.running.some((sql) => sql.startsWith('OPTIMIZE'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop.abort(reason);
    await expect(done).rejects.toBe(reason);
    expect(warehouse.cancelled).toEqual([expect.stringContaining('OPTIMIZE')]);
  });
});

describe('a table that is named without a path', () => {
  it('is loaded where the catalog has it', async () => {
    warehouse.tables.set(NAME, newTable('s3://managed/4f2a'));
    const place = await locateTable(tableOf(), unsupportedFeature, context, forever);
    expect(place).toBe('s3://managed/4f2a');
  });

  it('is refused when it is not there, or needs what loads by path cannot write', async () => {
    const locate = () => locateTable(tableOf(), unsupportedFeature, context, forever);
    await expect(locate()).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      hint: expect.stringContaining('"path"'),
    });
    const managed = {
      ...newTable('s3://managed/4f2a'),
      features: ['appendOnly', 'catalogManaged'],
    };
    warehouse.tables.set(NAME, managed);
    await expect(locate()).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('"catalogManaged"'),
    });
  });
});
