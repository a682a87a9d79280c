import { z } from 'zod';

const s3Object = z.string().regex(/^s3:\/\/[^/]+\/.+/, 'an object in S3: s3://bucket/key');
const s3Folder = z.string().regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix');

/** What a run on EMR Serverless needs beside the job's own config. */
export const emrServerlessSettings = z.strictObject({
  region: z.string().min(1).optional(),
  /** Of a Spark application that is there. */
  applicationId: z.string().regex(/^[0-9a-z]{1,64}$/, 'the id of an application'),
  /** The role that the run acts as. */
  executionRole: z.string().regex(/^arn:aws[\w-]*:iam::\d{12}:role\/.+/, 'the ARN of a role'),
  /** `generic_entry.py`, as `dray package` has uploaded it. */
  scriptLocation: s3Object,
  /** `dray-emr-TARGET.tar.gz` of the same package; absent: the application's image has dray. */
  archive: s3Object.optional(),
  jars: z.array(z.string().min(1)).default([]),
  /** Of Spark. */
  properties: z.record(z.string().regex(/^spark\./, 'begins with spark.'), z.string()).default({}),
  /** EMR's own limit for a run; 0: none. */
  timeoutMinutes: z.int().min(0).max(1_000_000).default(720),
  /** How long a stopped run may take to end in order before it is killed. */
  stopGraceS: z.int().min(15).max(1800).default(60),
  logUri: s3Folder.optional(),
  tags: z.record(z.string().min(1), z.string()).default({}),
  /** How long to wait while the account's limit of runs is reached. */
  waitForRoomS: z.int().min(0).max(86_400).default(0),
  /** Folder in S3 that gets the result line of each attempt. */
  resultPrefix: s3Folder.optional(),
  /** Folder in S3 for configs that are too long for arguments; default `result_prefix`. */
  artifacts: s3Folder.optional(),
});
export type EmrServerlessSettings = z.output<typeof emrServerlessSettings>;
