import { z } from 'zod';
import { emailNotifier } from './notifiers/email.ts';
import { noopNotifier } from './notifiers/noop.ts';
import { slackNotifier } from './notifiers/slack.ts';
import { snsNotifier } from './notifiers/sns.ts';
import { webhookNotifier } from './notifiers/webhook.ts';
import { deltaReader } from './readers/delta.ts';
import { jdbcReader } from './readers/jdbc.ts';
import { parquetReader } from './readers/parquet.ts';
import { deltaWriter } from './writers/delta/writer.ts';
import { parquetWriter } from './writers/parquet/writer.ts';
import { postgresWriter } from './writers/postgres/writer.ts';
import { redshiftWriter } from './writers/redshift/writer.ts';

export const readers = { PARQUET: parquetReader, DELTA: deltaReader, JDBC: jdbcReader } as const;
export const writers = {
  DELTA: deltaWriter,
  PARQUET: parquetWriter,
  POSTGRES: postgresWriter,
  REDSHIFT: redshiftWriter,
} as const;
export const notifiers = {
  NOOP: noopNotifier,
  EMAIL: emailNotifier,
  SLACK: slackNotifier,
  SNS: snsNotifier,
  WEBHOOK: webhookNotifier,
} as const;

export const extractorConfig = z.discriminatedUnion('strategy', [
  parquetReader.config,
  deltaReader.config,
  jdbcReader.config,
]);
export const loaderConfig = z.discriminatedUnion('strategy', [
  deltaWriter.config,
  parquetWriter.config,
  postgresWriter.config,
  redshiftWriter.config,
]);
export const notifierConfig = z.discriminatedUnion('notificationService', [
  noopNotifier.config,
  emailNotifier.config,
  slackNotifier.config,
  snsNotifier.config,
  webhookNotifier.config,
]);
