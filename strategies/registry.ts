import { z } from 'zod';
import { notBuilt, notBuiltNotifier } from './not-built.ts';
import { noopNotifier } from './notifiers/noop.ts';
import { deltaReader } from './readers/delta.ts';
import { parquetReader } from './readers/parquet.ts';
import { deltaWriter } from './writers/delta/writer.ts';
import { parquetWriter } from './writers/parquet/writer.ts';
import { postgresWriter } from './writers/postgres/writer.ts';

export const readers = { PARQUET: parquetReader, DELTA: deltaReader } as const;
export const writers = {
  DELTA: deltaWriter,
  PARQUET: parquetWriter,
  POSTGRES: postgresWriter,
} as const;
export const notifiers = { NOOP: noopNotifier } as const;

export const extractorConfig = z.discriminatedUnion('strategy', [
  parquetReader.config,
  deltaReader.config,
  notBuilt('JDBC'),
]);
export const loaderConfig = z.discriminatedUnion('strategy', [
  deltaWriter.config,
  parquetWriter.config,
  postgresWriter.config,
  notBuilt('REDSHIFT'),
]);
export const notifierConfig = z.discriminatedUnion('notificationService', [
  noopNotifier.config,
  notBuiltNotifier('EMAIL'),
  notBuiltNotifier('SLACK'),
  notBuiltNotifier('SNS'),
  notBuiltNotifier('WEBHOOK'),
]);
