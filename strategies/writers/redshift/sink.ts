import { randomUUID } from 'node:crypto';
import { type Claim, leaseLostOr } from '../../../core/claims.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { columnList, identifier } from '../../../core/engine.ts';
import { JobError, messageOf } from '../../../core/errors.ts';
import type { LoadRequest, Sink, Staged, StrategyContext } from '../../../core/strategy.ts';
import type { Endpoint } from '../../postgres/endpoint.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';
import { claimTarget } from '../claim-target.ts';
import { windowPredicate } from '../postgres/target.ts';
import { assertLoadable, inspect } from './catalog.ts';
import { addColumns } from '../add-columns.ts';
import { createTable, redshiftType } from './columns.ts';
import { commitWithin } from './commit.ts';
import { unload } from './content.ts';
import { type Staging, stageRows } from './copy.ts';
import type { Layout } from './layout.ts';
import { openLedger } from './ledger.ts';
import { countMatches } from './merge.ts';
import type { StagedFiles } from './staged-files.ts';

export interface RedshiftTarget {
  readonly session: SqlSession;
  readonly endpoint: Endpoint;
  readonly table: TableName;
  readonly files: StagedFiles;
  /** As COPY and UNLOAD take it: quoted, or the word `default`. */
  readonly role: string;
  readonly layout: Layout;
  readonly request: LoadRequest;
  readonly context: StrategyContext;
}

/** Two sessions of the cluster: one for the work, a small one for claims and their renewal. */
export function openRedshiftSink(target: RedshiftTarget): Sink {
  const { session, endpoint, table, files, role, layout, request, context } = target;
  const { contract, window } = request;
  const { party } = endpoint;
  const work = endpoint.connect();
  const aside = endpoint.connect();
  const ledger = openLedger(aside, table, context.clock);
  const stagings = new Map<Staged, Staging>();
  let lockTimeoutMs = 0;
  let held: Claim | undefined;

  return {
    kind: 'redshift',
    commitWaits: true,
    target: party.target,
    async check(signal) {
      await assertLoadable(work.query, table, contract, party, signal);
    },
    async describe(signal) {
      const found = await inspect(work.query, table, signal);
      const alter =
        found === undefined ? [] : addColumns(table, found.columns, contract, redshiftType);
      return {
        exists: found !== undefined,
        ...(alter.length === 0 ? {} : { alter: alter.join(';\n') }),
        create: createTable(table, contract, layout).join(';\n'),
      };
    },
    claims: async (signal) => await ledger.claims.list(signal),
    async claim(options, signal) {
      await ledger.prepare(signal);
      ({ lockTimeoutMs } = options);
      held = await claimTarget(
        ledger.claims,
        party.target,
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
      const { failpoints } = context;
      const place = { session, connection: work, files, role, target: party.target };
      const job = { ...place, request, failpoints };
      const staging = await stageRows(job, input, signal).catch(async (error: unknown) => {
        throw await leaseLostOr(error, input.claim, signal);
      });
      const staged: Staged = { rows: staging.rows };
      stagings.set(staged, staging);
      return staged;
    },
    async commit(staged, entry, claim, signal) {
      const recorded = await commitWithin(
        { connection: work, ledger, target: table, layout, request, context },
        { staging: stagedAs(staged), entry, claim, lockTimeoutMs },
        signal,
      );
      held = undefined;
      await removeFiles(claim, signal);
      return recorded;
    },
    async countMerged(staged, signal) {
      // The temporary table, which has the keys to count by, lives as long as the session.
      return await countMatches(work.query, table, stagedAs(staged).table, contract, signal);
    },
    async count(signal) {
      if ((await inspect(work.query, table, signal)) === undefined) return new Map();
      const partition = identifier(contract.partitionBy);
      const { sql, values } = windowPredicate(contract, window);
      const rows = await work.query(
        `select ${partition} as "value", count(*) as "total" from ${qualified(table)}
         where ${sql} group by 1`,
        values,
        signal,
      );
      return new Map(rows.map((row) => [row['value'] ?? '', Number(row['total'])]));
    },
    async content(signal) {
      if ((await inspect(work.query, table, signal)) === undefined) return undefined;
      const what = { table, role, id: randomUUID() };
      return await unload(work.query, what, contract, files, session, signal);
    },
    async sample(limit, signal) {
      const { sql, values } = windowPredicate(contract, window);
      const rows = await work.query(
        `select ${columnList(contract.columns)} from ${qualified(table)} where ${sql} limit ${limit}`,
        values,
        signal,
      );
      return rows.map((row) =>
        Object.fromEntries(
          contract.columns.map(({ name, type }) => {
            const text = row[name] ?? '';
            const words: Readonly<Record<string, string>> = { t: 'true', f: 'false' };
            return [name, type.kind === 'bool' ? (words[text] ?? text) : text];
          }),
        ),
      );
    },
    async discard(signal) {
      if (held === undefined) return;
      await files.remove(held.number, signal);
      stagings.clear();
      held = undefined;
    },
    async [Symbol.asyncDispose]() {
      // Ends the temporary table, too.
      await work[Symbol.asyncDispose]();
      await aside[Symbol.asyncDispose]();
    },
  };

  function stagedAs(staged: Staged): Staging {
    const staging = stagings.get(staged);
    if (staging === undefined) throw new JobError('INTERNAL', 'the load was not staged here');
    return staging;
  }

  /** The load is committed: what is left over is waste, which the next claim removes. */
  async function removeFiles({ number }: Claim, signal: AbortSignal): Promise<void> {
    try {
      await files.remove(number, signal);
    } catch (error) {
      context.warn(`could not remove the staged files of ${party.target}: ${messageOf(error)}`);
    }
  }

  /** Waste is no reason to fail a load; the next claim tries again. */
  async function tidy(claim: Claim, signal: AbortSignal): Promise<void> {
    try {
      const records = await ledger.claims.list(signal);
      const own = records.find(({ number }) => number === claim.number);
      if (own === undefined) return;
      await files.removeLeftovers(own, records, signal);
      await ledger.prune(records, signal);
    } catch (error) {
      signal.throwIfAborted();
      context.warn(`could not tidy up at ${party.target}: ${messageOf(error)}`);
    }
  }
}
