import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, jest } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '../../../core/clock.ts';
import { noFailpoints } from '../../../core/failpoint.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../entry/start/embedded-postgres.ts';
import { openConnection } from '../../../strategies/postgres/connection.ts';
import { postgres } from '../../../strategies/postgres/dialect.ts';
import { openLedger } from '../../../strategies/writers/postgres/ledger.ts';
import { connectionSettings } from '../../../strategies/postgres/settings.ts';
import { describeClaimStore } from '../../conformance/claims/suite.ts';

jest.setTimeout(120_000);

const never = new AbortController().signal;
let dataDir: string;
let server: EmbeddedPostgres;
let admin: pg.Client;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dray-pg-'));
  server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } }, never);
  admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

describeClaimStore('a Postgres schema', async () => {
  const target = `public.${randomUUID()}`;
  const at = { host: '127.0.0.1', port: server.port };
  const { user, password, database } = server;
  const url = `jdbc:postgresql://127.0.0.1:${server.port}/${database}`;
  const settings = connectionSettings(url, { user }, 'dray test');
  const connection = openConnection(
    settings,
    at,
    password,
    { user, target },
    { clock: systemClock, failpoints: noFailpoints },
    postgres,
  );
  const ledger = openLedger(connection, 'public', target);
  await ledger.prepare(never);
  return {
    store: ledger.claims,
    async advance(ms) {
      await admin.query(
        `update _dray_claims set renewed_at = renewed_at - $2::int * interval '1 ms'
         where target = $1`,
        [target, ms],
      );
    },
    async forget(number) {
      const values = [target, number];
      await admin.query('delete from _dray_claims where target = $1 and number = $2', values);
    },
    close: async () => {
      await connection[Symbol.asyncDispose]();
    },
  };
});
