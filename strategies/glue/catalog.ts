import type { Partition, PartitionInput } from '@aws-sdk/client-glue';
import type { OutputContract } from '../../core/schema.ts';
import type { AfterLoad, CatalogStep } from '../../core/strategy.ts';
import { catalogLocation, isBelow } from '../catalog-location.ts';
import type { GlueTable } from './client.ts';
import { assertOurs, differences, isSame, storage, tableInput } from './definition.ts';
import { displayName, type GlueTableName } from './table-name.ts';

/** A folder of Parquet files as a load leaves it. */
export interface LoadedFolder {
  readonly location: string;
  readonly contract: OutputContract;
  /** Its partitions: value as Hive has it, and folder below the location. */
  partitions(
    signal: AbortSignal,
  ): Promise<readonly { readonly value: string; readonly folder: string }[]>;
}

/** What one call to Glue takes. */
const CREATE_AT_ONCE = 100;
const DELETE_AT_ONCE = 25;

/** Has the Glue Data Catalog know a folder as a table, and each partition that the folder has. */
export function afterGlueLoad(name: GlueTableName, folder: LoadedFolder): AfterLoad {
  return {
    place: `the Glue Data Catalog, ${displayName(name)}`,
    async open(signal) {
      const { openGlueTable } = await import('./client.ts');
      using opened = new DisposableStack();
      const glue = opened.use(openGlueTable(name, 'TARGET'));
      const steps = await stepsFor(name, folder, glue, signal);
      const kept = opened.move();
      return {
        steps,
        [Symbol.asyncDispose]() {
          kept.dispose();
          return Promise.resolve();
        },
      };
    },
  };
}

async function stepsFor(
  name: GlueTableName,
  folder: LoadedFolder,
  glue: GlueTable,
  signal: AbortSignal,
): Promise<readonly CatalogStep[]> {
  const { location, contract } = folder;
  const { database, table } = name;
  const existing = await glue.get(signal);
  if (existing !== undefined) assertOurs(name, existing, location, contract);
  const input = tableInput(name, contract, location, existing);
  const registered = existing === undefined ? [] : await glue.partitions(signal);
  const wanted = (await folder.partitions(signal)).map((partition): PartitionInput => ({
    Values: [partition.value],
    StorageDescriptor: storage(contract, `${catalogLocation(location)}/${partition.folder}`),
  }));
  const changed = existing === undefined ? [] : differences(existing, input);
  const onTable = `${database}.${table}`;
  return [
    ...(existing === undefined
      ? [
          {
            text: `CreateTable ${onTable} at ${catalogLocation(location)}`,
            isFirst: true,
            run: (stop: AbortSignal) => glue.create(input, stop),
          },
        ]
      : []),
    ...(existing === undefined || changed.length === 0
      ? []
      : [
          {
            text: `UpdateTable ${onTable}: ${changed.join(', ')}`,
            run: (stop: AbortSignal) => glue.update(input, existing.VersionId, stop),
          },
        ]),
    ...partitionSteps(onTable, location, wanted, registered, glue),
  ];
}

function partitionSteps(
  onTable: string,
  location: string,
  wanted: readonly PartitionInput[],
  registered: readonly Partition[],
  glue: GlueTable,
): readonly CatalogStep[] {
  const there = new Map(registered.map((each) => [keyOf(each), each]));
  const here = new Set(wanted.map(keyOf));
  const missing = wanted.filter((each) => !there.has(keyOf(each)));
  const differing = wanted.filter((each) => {
    const found = there.get(keyOf(each));
    return found !== undefined && !isSame(found.StorageDescriptor, each.StorageDescriptor ?? {});
  });
  // What others registered elsewhere is theirs.
  const gone = registered.filter(
    (each) => !here.has(keyOf(each)) && isBelow(each.StorageDescriptor?.Location ?? '', location),
  );
  const batches = <T extends Partition | PartitionInput>(
    call: string,
    list: readonly T[],
    atOnce: number,
    send: (batch: readonly T[], stop: AbortSignal) => Promise<void>,
  ): readonly CatalogStep[] =>
    batchesOf(list, atOnce).map((batch) => ({
      text: `${call} ${onTable}: ${batch.map(({ Values = [] }) => Values.join('/')).join(', ')}`,
      run: (stop: AbortSignal) => send(batch, stop),
    }));
  return [
    ...batches('BatchCreatePartition', missing, CREATE_AT_ONCE, glue.createPartitions),
    ...batches('BatchUpdatePartition', differing, CREATE_AT_ONCE, glue.updatePartitions),
    ...batches('BatchDeletePartition', gone, DELETE_AT_ONCE, (batch, stop) =>
      glue.deletePartitions(
        batch.map(({ Values = [] }) => Values),
        stop,
      ),
    ),
  ];
}

function keyOf({ Values = [] }: Partition | PartitionInput): string {
  return Values.join('/');
}

function batchesOf<T>(list: readonly T[], atOnce: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / atOnce) }, (_, index) =>
    list.slice(index * atOnce, (index + 1) * atOnce),
  );
}
