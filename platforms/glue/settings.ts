import { z } from 'zod';

const s3 = z.string().regex(/^s3:\/\/[^/]+\/.+/, 'an object in S3: s3://bucket/key');

/** What a run on Glue needs beside the job's own config. */
export const glueSettings = z.strictObject({
  /** Name of the Glue job; default `dray-<job>`. */
  jobName: z.string().min(1).max(255).optional(),
  region: z.string().min(1).optional(),
  /** Whether dray makes and changes the Glue job; else it has to be there and is taken as it is. */
  manageJob: z.boolean().default(true),
  /** Name or ARN of the role that the job runs as. */
  role: z.string().min(1).optional(),
  /** `generic_entry.py`, as `dray package` has uploaded it. */
  scriptLocation: s3.optional(),
  glueVersion: z
    .string()
    .regex(/^\d+\.\d+$/)
    .default('5.0'),
  workerType: z
    .enum([
      ...['G.025X', 'G.1X', 'G.2X', 'G.4X', 'G.8X', 'G.12X', 'G.16X'],
      ...['R.1X', 'R.2X', 'R.4X', 'R.8X', 'Standard'],
    ] as const)
    .default('G.1X'),
  workers: z.int().min(1).max(1000).default(2),
  timeoutMinutes: z.int().min(1).max(10_080).default(480),
  /** Glue's own limit for this job. */
  maxConcurrentRuns: z.int().min(1).max(1000).default(1),
  /** How long to wait while that limit, or the account's, is reached. */
  waitForRoomS: z.int().min(0).max(86_400).default(0),
  /** Names of Glue connections: the way into a VPC. */
  connections: z.array(z.string().min(1)).default([]),
  securityConfiguration: z.string().min(1).optional(),
  /** Further default arguments of the Glue job, such as `--additional-python-modules`. */
  options: z.record(z.string().regex(/^--/, 'begins with --'), z.string()).default({}),
  tags: z.record(z.string().min(1), z.string()).default({}),
  /** Folder in S3 that gets the result line of each attempt. */
  resultPrefix: z
    .string()
    .regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix')
    .optional(),
  /** Folder in S3 for configs that are too long for arguments; default `result_prefix`. */
  artifacts: z
    .string()
    .regex(/^s3:\/\/[^/]+/, 'a folder in S3: s3://bucket/prefix')
    .optional(),
});
export type GlueSettings = z.output<typeof glueSettings>;
