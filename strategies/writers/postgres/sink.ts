import { type Claim, leaseLostOr } from '../../../core/claims.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { columnList, identifier } from '../../../core/engine.ts';
import { JobError, messageOf } from '../../../core/errors.ts';
import type { LoadRequest, Sink, Staged, StrategyContext } from '../../../core/strategy.ts';
import { claimTarget } from '../claim-target.ts';
import { attach } from '../../postgres/attach.ts';
import { assertLoadable } from './check.ts';
import { addColumns } from '../add-columns.ts';
import { createTable, postgresType } from './columns.ts';
import { commentStatements } from './comments.ts';
import { commitWithin } from './commit.ts';
import type { CopyInto } from './copy.ts';
import type { Endpoint } from '../../postgres/endpoint.ts';
import { openLedger } from './ledger.ts';
import { removeLeftovers } from './leftovers.ts';
import { countMatches } from './merge.ts';
import { type Staging, stageRows } from './staging.ts';
import { displayName, qualified, stageName, type TableName } from '../../postgres/table-name.ts';
import { inspectTarget, windowPredicate } from './target.ts';

export interface PostgresTarget {
  readonly session: SqlSession;
  readonly endpoint: Endpoint;
  readonly table: TableName;
  readonly request: LoadRequest;
  readonly context: StrategyContext;
  readonly maintenanceMemory: string;
  readonly copy: CopyInto;
}

/** Two sessions of the server: one for the work, a small one for claims and their renewal. */
export function openPostgresSink(target: PostgresTarget): Sink {
  const { endpoint, table, request, context } = target;
  const { contract, window } = request;
  const work = endpoint.connect();
  const aside = endpoint.connect();
  const ledger = openLedger(aside, table.schema, displayName(table));
  const stagings = new Map<Staged, Staging>();
  let lockTimeoutMs = 0;
  let held: Claim | undefined;

  return {
    kind: 'postgres',
    commitWaits: true,
    target: endpoint.party.target,
    async check(signal) {
      await assertLoadable(work.query, table, contract, endpoint.party, signal);
    },
    async describe(signal) {
      const key = contract.key.map((name) => identifier(name)).join(', ');
      const state = await inspectTarget(work.query, table, signal);
      const alter =
        state === undefined ? [] : addColumns(table, state.columns, contract, postgresType);
      return {
        exists: state !== undefined,
        ...(alter.length === 0 ? {} : { alter: alter.join(';\n') }),
        create: [
          createTable(table, contract, 'logged', table.table),
          `alter table ${qualified(table)} add primary key (${key})`,
          ...commentStatements(table, contract),
        ].join(';\n'),
      };
    },
    claims: async (signal) => await ledger.claims.list(signal),
    async claim(options, signal) {
      await ledger.prepare(signal);
      ({ lockTimeoutMs } = options);
      held = await claimTarget(
        ledger.claims,
        endpoint.party.target,
        request,
        options,
        context.clock,
        (claim) => tidy(claim, signal),
        signal,
      );
      return held;
    },
    loads: async (signal) => await ledger.loads(signal),
    async stage(input, signal) {
      const job = { ...target, connection: work, target: table, failpoints: context.failpoints };
      const staging = await stageRows(job, input, signal).catch(async (error: unknown) => {
        throw await leaseLostOr(error, input.claim, signal);
      });
      const staged: Staged = { rows: staging.rows };
      stagings.set(staged, staging);
      return staged;
    },
    async commit(staged, entry, claim, signal) {
      const recorded = await commitWithin(
        { connection: work, ledger, target: table, request, context },
        { staging: stagedAs(staged), entry, claim, lockTimeoutMs },
        signal,
      );
      // The staging table of a merge has the keys to count by, and is dropped with the claim.
      if (request.mode === 'merge') return recorded;
      stagings.delete(staged);
      held = undefined;
      return recorded;
    },
    async count(signal) {
      if ((await inspectTarget(work.query, table, signal)) === undefined) return new Map();
      const partition = identifier(contract.partitionBy);
      const { sql, values } = windowPredicate(contract, window);
      const rows = await work.query(
        `select ${partition}::text as partition, count(*) as rows from ${qualified(table)}
         where ${sql} group by 1`,
        values,
        signal,
      );
      return new Map(rows.map((row) => [row['partition'] ?? '', Number(row['rows'])]));
    },
    async countMerged(staged, signal) {
      const stage = stagedAs(staged).table;
      if ((await inspectTarget(work.query, stage, signal)) !== undefined) {
        return await countMatches(work.query, table, stage, contract, signal);
      }
      // It has become the target: there is nothing else in it.
      const sql = `select count(*) as rows from ${qualified(table)}`;
      const [counted] = await work.query(sql, [], signal);
      return Number(counted?.['rows']);
    },
    async content(signal) {
      if ((await inspectTarget(work.query, table, signal)) === undefined) return undefined;
      const attached = { name: 'target', schema: table.schema, access: 'read_only' } as const;
      await attach(target.session, endpoint, attached, signal);
      return `select ${columnList(contract.columns)} from ${attached.name}.${qualified(table)}`;
    },
    async sample(limit, signal) {
      const columns = contract.columns.map(({ name }) => {
        const column = identifier(name);
        return `coalesce(${column}::text, '') as ${column}`;
      });
      const { sql, values } = windowPredicate(contract, window);
      const rows = await work.query(
        `select ${columns.join(', ')} from ${qualified(table)} where ${sql} limit ${limit}`,
        values,
        signal,
      );
      return rows.map((row) =>
        Object.fromEntries(contract.columns.map(({ name }) => [name, row[name] ?? ''])),
      );
    },
    async discard(signal) {
      if (held === undefined) return;
      await dropOwn(held, signal);
      stagings.clear();
      held = undefined;
    },
    async [Symbol.asyncDispose]() {
      await work[Symbol.asyncDispose]();
      await aside[Symbol.asyncDispose]();
    },
  };

  function stagedAs(staged: Staged): Staging {
    const staging = stagings.get(staged);
    if (staging === undefined) throw new JobError('INTERNAL', 'the load was not staged here');
    return staging;
  }

  async function dropOwn(claim: Claim, signal: AbortSignal): Promise<void> {
    const own = qualified(stageName(table, claim.number));
    await work.query(`drop table if exists ${own}`, [], signal);
  }

  /** Waste is no reason to fail a load; the next claim tries again. */
  async function tidy(claim: Claim, signal: AbortSignal): Promise<void> {
    try {
      const records = await ledger.claims.list(signal);
      const own = records.find(({ number }) => number === claim.number);
      if (own === undefined) return;
      const warn = (message: string) => {
        context.warn(message);
      };
      await removeLeftovers(work, table, own, records, warn, signal);
      await ledger.prune(signal);
    } catch (error) {
      signal.throwIfAborted();
      context.warn(`could not tidy up at ${endpoint.party.target}: ${messageOf(error)}`);
    }
  }
}
