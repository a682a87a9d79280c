import { describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import type { Mode } from '../../../core/ledger.ts';
import {
  type Action,
  parseAction,
  parseCommit,
  printCommit,
} from '../../../strategies/writers/delta/actions.ts';
import {
  checkpointLines,
  isCheckpointDue,
  retentionMs,
} from '../../../strategies/writers/delta/checkpoint.ts';
import { checkpoints } from '../../../strategies/writers/delta/log.ts';
import { planCommit } from '../../../strategies/writers/delta/plan-commit.ts';
import { schemaString } from '../../../strategies/writers/delta/schema-string.ts';
import {
  apply,
  emptySnapshot,
  type Snapshot,
  tableOf,
} from '../../../strategies/writers/delta/snapshot.ts';
import { CONTRACT } from './contract.ts';

const NOW = 1_500_000_000_000;
const DAY = 86_400_000;

function add(path: string, week: string | null): Action {
  return {
    add: { path, partitionValues: { week }, size: 1, modificationTime: NOW, dataChange: true },
  };
}

function table(...more: readonly Action[]): Snapshot {
  const snapshot = emptySnapshot();
  const actions = plan(snapshot, 'overwrite_window');
  apply(snapshot, 0, [...actions, add('a', '24'), add('b', '25'), add('n', null)]);
  apply(snapshot, 1, more);
  return snapshot;
}

function plan(snapshot: Snapshot, mode: Mode, covers?: readonly string[]): readonly Action[] {
  return planCommit(snapshot, {
    entry: { loadId: 'L', claim: 7, mode, ...(covers && { covers }) },
    contract: CONTRACT,
    adds: [],
    partitionBy: ['week'],
    nowMs: NOW,
    tableId: 'id',
    properties: { 'delta.checkpointInterval': '5' },
  });
}

function removed(actions: readonly Action[]): readonly string[] {
  return actions.flatMap((each) => (each.remove ? [each.remove.path] : []));
}

function withMeta(change: {
  configuration?: Record<string, string>;
  field?: Record<string, unknown>;
  protocol?: Record<string, unknown>;
  partitionColumns?: string[];
}): Snapshot {
  const schema = JSON.parse(schemaString(CONTRACT)) as { fields: Record<string, unknown>[] };
  Object.assign(schema.fields[2] ?? {}, change.field ?? {});
  return table(
    parseAction(
      JSON.stringify({
        metaData: {
          id: 'x',
          format: { provider: 'parquet', options: {} },
          schemaString: JSON.stringify(schema),
          partitionColumns: change.partitionColumns ?? ['week'],
          configuration: change.configuration ?? {},
        },
        protocol: { minReaderVersion: 1, minWriterVersion: 2, ...change.protocol },
      }),
      'test',
    ),
  );
}

describe('a commit', () => {
  it('removes what its mode and window decide, as the newest snapshot has it', () => {
    expect(removed(plan(table(), 'append'))).toEqual([]);
    expect(removed(plan(table(), 'overwrite'))).toEqual(['a', 'b', 'n']);
    expect(removed(plan(table(), 'overwrite_window'))).toEqual(['a', 'b', 'n']);
    expect(removed(plan(table(), 'overwrite_window', ['24']))).toEqual(['a']);
    expect(removed(plan(table(), 'overwrite_window', ['25', '']))).toEqual(['b', 'n']);
    expect(removed(plan(table(add('late', '24')), 'overwrite_window', ['24']))).toEqual([
      'a',
      'late',
    ]);
  });

  it('creates the table only where there is none', () => {
    expect(plan(emptySnapshot(), 'append').some((each) => each.metaData)).toBe(true);
    expect(plan(table(), 'append').some((each) => each.metaData ?? each.protocol)).toBe(false);
  });

  it('is a blind append in mode append only', () => {
    const blind = (mode: Mode) => plan(table(), mode)[0]?.commitInfo?.['isBlindAppend'];
    expect(['append', 'overwrite'].map((mode) => blind(mode as Mode))).toEqual([true, false]);
  });
});

describe('a table that needs more than is implemented is refused:', () => {
  const version7 = (feature: string) => ({
    protocol: { minWriterVersion: 7, writerFeatures: ['appendOnly', feature] },
  });
  it.each([
    [
      'deletionVectors',
      {
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: ['deletionVectors'],
          writerFeatures: ['deletionVectors'],
        },
      },
    ],
    ['rowTracking', version7('rowTracking')],
    ['domainMetadata', version7('domainMetadata')],
    ['v2Checkpoint', version7('v2Checkpoint')],
    ['icebergCompatV2', version7('icebergCompatV2')],
    ['inCommitTimestamp', version7('inCommitTimestamp')],
    ['somethingNew', version7('somethingNew')],
    ['protocol 4/7', { protocol: { minReaderVersion: 4, minWriterVersion: 7 } }],
    ['protocol 1/8', { protocol: { minWriterVersion: 8 } }],
    ['columnMapping', { configuration: { 'delta.columnMapping.mode': 'name' } }],
    ['changeDataFeed', { configuration: { 'delta.enableChangeDataFeed': 'true' } }],
    ['checkConstraints', { configuration: { 'delta.constraints.positive': 'id > 0' } }],
    ['invariants', { field: { metadata: { 'delta.invariants': '{}' } } }],
    ['generatedColumns', { field: { metadata: { 'delta.generationExpression': '1' } } }],
    ['identityColumns', { field: { metadata: { 'delta.identity.start': 1 } } }],
  ])('%s', (name, change) => {
    expect(() => plan(withMeta(change), 'append')).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining(name) }),
    );
  });

  it('unless the features are listed but not in use', () => {
    const features = [
      'appendOnly',
      'invariants',
      'timestampNtz',
      'checkConstraints',
      'columnMapping',
    ];
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['timestampNtz'],
      writerFeatures: features,
    };
    expect(plan(withMeta({ protocol }), 'append')).not.toEqual([]);
    expect(plan(withMeta({ protocol: { minWriterVersion: 6 } }), 'append')).not.toEqual([]);
  });

  it('a file with a deletion vector', () => {
    const hidden = parseAction(
      JSON.stringify({ add: { ...add('a', '24').add, deletionVector: { storageType: 'u' } } }),
      'test',
    );
    expect(() => plan(table(hidden), 'append')).toThrow(/deletion vector/);
  });

  it('an append-only table, in every other mode than append', () => {
    const snapshot = withMeta({ configuration: { 'delta.appendOnly': 'true' } });
    expect(() => plan(snapshot, 'overwrite_window')).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED' }),
    );
    expect(plan(snapshot, 'append')).not.toEqual([]);
  });
});

it.each([
  ['name: expected string, found long', { field: { type: 'long' } }],
  [
    'name: expected string, found no such column; other: expected no such column, found one that is not null',
    { field: { name: 'other', nullable: false } },
  ],
  ['name: expected string that may be null, found not null', { field: { nullable: false } }],
  [
    'name: expected string, found varchar(3)',
    { field: { metadata: { __CHAR_VARCHAR_TYPE_STRING: 'varchar(3)' } } },
  ],
  ['partition columns: expected week, found none', { partitionColumns: [] }],
])('names the difference of the schemas: %s', (message, change) => {
  expect(() => plan(withMeta(change), 'append')).toThrow(
    expect.objectContaining({ code: 'TARGET_SCHEMA', message: expect.stringContaining(message) }),
  );
});

describe('the log', () => {
  it('keeps the digits of other applications transaction versions', () => {
    const line = '{"txn":{"appId":"16 digits: 1234567890123456789","version":9223372036854775807}}';
    const [read] = parseCommit(Buffer.from(`${line}\n`), 'test');
    expect(read?.txn).toEqual({
      appId: '16 digits: 1234567890123456789',
      version: '9223372036854775807',
    });
    expect(printCommit(read ? [read] : [])).toContain('"version":9223372036854775807,');
  });

  it('refuses a line that is no action', () => {
    expect(() => parseAction('{"add":{"path":1}}', 'test')).toThrow(JobError);
    expect(() => parseAction('{"add":', 'test')).toThrow(JobError);
  });

  it('takes a file with a new deletion vector as present, whatever the order of the actions', () => {
    const snapshot = table(add('a', '24'), { remove: { path: 'a', dataChange: true } });
    expect([...snapshot.adds.keys()]).toContain('a');
    expect([...snapshot.tombstones.keys()]).toEqual([]);
  });

  it('knows one file by all spellings of its path', () => {
    const snapshot = table(add('week=24/%C3%BC', '24'), {
      remove: { path: 'a', dataChange: true },
    });
    apply(snapshot, 2, [{ remove: { path: 'week=24/ü', dataChange: true } }]);
    expect([...snapshot.adds.keys()]).toEqual(['b', 'n']);
  });

  it('starts from the newest checkpoint that has all its parts', () => {
    const part = (version: number, n: number) =>
      `_delta_log/${String(version).padStart(20, '0')}.checkpoint.${String(n).padStart(10, '0')}.0000000002.parquet`;
    const single = '_delta_log/00000000000000000010.checkpoint.parquet';
    expect(checkpoints([single, part(20, 1), part(20, 2), part(30, 2)])[0]).toMatchObject({
      version: 20,
      keys: [part(20, 1), part(20, 2)],
    });
    expect(checkpoints([single, part(30, 2)])[0]?.version).toBe(10);
  });
});

describe('a checkpoint', () => {
  function at(version: number, configuration: Record<string, string> = {}): boolean {
    const snapshot = withMeta({ configuration });
    snapshot.version = version;
    const found = tableOf(snapshot);
    return found !== undefined && isCheckpointDue(found);
  }

  it('is due every 10 commits, or as the table says', () => {
    expect([0, 9, 10, 11, 20].map((version) => at(version))).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(at(6, { 'delta.checkpointInterval': '3' })).toBe(true);
    expect(at(10, { 'delta.checkpointInterval': 'x' })).toBe(true);
    expect(at(10, { 'delta.checkpoint.writeStatsAsStruct': 'true' })).toBe(false);
    expect(at(10, { 'delta.checkpoint.writeStatsAsJson': 'false' })).toBe(false);
  });

  it('keeps tombstones for a week, or as long as the table says', () => {
    const snapshot = table(
      { remove: { path: 'young', dataChange: true, deletionTimestamp: NOW - 6 * DAY } },
      { remove: { path: 'old', dataChange: true, deletionTimestamp: NOW - 8 * DAY } },
    );
    const lines = (found = tableOf(snapshot)) =>
      found ? checkpointLines(found, NOW).join('\n') : '';
    expect(lines()).toContain('"young"');
    expect(lines()).not.toContain('"old"');
    expect(retentionMs('interval 30 days')).toBe(30 * DAY);
    expect(retentionMs('interval 1 week')).toBe(7 * DAY);
    expect(retentionMs('for ever')).toBe(Infinity);
  });
});
